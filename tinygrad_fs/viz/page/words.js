// Words: numbers as text, and elements. Text goes into the page as text nodes alone, so that no label can be markup.

const byId = (id) => document.getElementById(id);

/** An element with properties and children; strings among these become text. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

/** The head of a table. */
function headOf(columns) {
  return make(
    "thead",
    {},
    make(
      "tr",
      {},
      columns.map((words) => make("th", { scope: "col" }, words)),
    ),
  );
}

/** A whole number with commas. (What the browser has for it takes longer to start than the drawing.) */
function whole(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

function counted(count, word) {
  return `${whole(count)} ${word}${count === 1 ? "" : "s"}`;
}

/** A number with four digits that count, as short as it can be told. */
function numeral(value) {
  if (typeof value === "string") return value; // nan, inf and -inf come as words
  if (value === 0 || (Number.isInteger(value) && Math.abs(value) < 1e6)) return String(value).replace("-", "−");
  const size = Math.abs(value);
  const isFar = size < 1e-3 || size >= 1e6;
  const text = isFar ? value.toExponential(2).replace("e+", "e") : String(Number(value.toPrecision(4)));
  return text.replaceAll("-", "−");
}

/** The largest of any number of values, and the least; `Math.max(...values)` runs out of room where they are many. */
const largest = (values) => values.reduce((most, value) => Math.max(most, value), -Infinity);
const least = (values) => values.reduce((lowest, value) => Math.min(lowest, value), Infinity);

function bytesText(count) {
  for (const unit of ["B", "kB", "MB", "GB"]) {
    if (count < 1000 || unit === "GB") return unit === "B" ? `${count} B` : `${count.toFixed(1)} ${unit}`;
    count /= 1000;
  }
}

function secondsText(seconds) {
  if (seconds >= 1) return `${seconds.toFixed(2)} s`;
  return seconds >= 1e-3 ? `${(seconds * 1e3).toFixed(2)} ms` : `${(seconds * 1e6).toFixed(0)} µs`;
}

function shapeText(shape) {
  return shape.length ? `(${shape.join(", ")}${shape.length === 1 ? "," : ""})` : "()";
}
