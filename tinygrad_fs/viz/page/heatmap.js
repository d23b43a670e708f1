// Heat maps: an array as a small picture with its figures, and all of its entries where they are few.

const ENTRIES = { columns: 5, count: 30 }; // so many are written out

/** An array as an element. `name` is what formulas call it; `go` leads to its box. */
function valueView(number, name, source = -1, remark = "") {
  const array = arrayOf(number);
  const head = make(
    "header",
    {},
    name ? make("span", { class: "name" }, name) : null,
    source === -1 ? null : goButton(nameOf(source), source),
    make("span", { class: "shape" }, array ? `${shapeText(array.shape)} ${array.dtype}` : ""),
  );
  const said = (words) => (words ? make("p", { class: "more" }, words) : null);
  if (!array) return make("div", { class: "value plain" }, head, said(remark || "Its values were not kept."));
  if (array.values?.length && fitsEntries(array)) {
    return make("div", { class: "value plain" }, head, entries(array), said(summary(array)), said(remark));
  }
  return make(
    "div",
    { class: array.heat ? "value" : "value plain" },
    head,
    array.heat ? heatCanvas(array) : null,
    figures(array),
    said([remark, ...aboutHeat(array.heat)].filter(Boolean).join(" ")),
  );
}

function goButton(words, box) {
  return make("button", { class: "go", type: "button", onclick: () => show(box) }, words);
}

function aboutHeat(heat) {
  if (!heat) return [];
  return [
    heat.slices ? `The first ${heat.slices} slices.` : "",
    heat.is_shrunk ? "A cell shows the entry of largest magnitude that it stands for." : "",
  ];
}

const spare = []; // canvases of the panel before: a new one costs more than what is drawn on it

function heatCanvas(array) {
  const { width, height, cells, scale } = array.heat;
  const picture = spare.pop() ?? make("canvas", { class: "heat", role: "img" });
  if (picture.width !== width || picture.height !== height) Object.assign(picture, { width, height });
  picture.setAttribute("aria-label", `Heat map, from −${numeral(scale)} (blue) to ${numeral(scale)} (orange)`);
  const pixels = picture.getContext("2d");
  for (let i = 0; i < cells.length; i++) {
    pixels.fillStyle = cellColor(cells[i]) ?? themed(data.colors.scopeLine); // a gap between slices
    pixels.fillRect(i % width, Math.floor(i / width), 1, 1);
  }
  // A strip is no line, and a square no strip.
  picture.style.height = `${Math.max(9, Math.min(160, (88 * height) / width))}px`;
  picture.title = `blue −${numeral(scale)}, orange ${numeral(scale)}; pink is nan, black or white an infinity`;
  return picture;
}

/** The figures of an array in one line, for one whose entries are there to be read; nothing for a single number. */
function summary(array) {
  const { low, high, mean, norm } = array.statistics;
  if (array.values.length < 2) return "";
  return `${numeral(low)} … ${numeral(high)}, mean ${numeral(mean)}, norm ${numeral(norm)}`;
}

function figures(array) {
  const known = array.statistics;
  if (!known) return make("p", { class: "sub" }, "empty");
  const pairs = [
    ["range", `${numeral(known.low)} … ${numeral(known.high)}`],
    ["mean", `${numeral(known.mean)} ± ${numeral(known.spread)}`],
    ["norm", numeral(known.norm)],
  ];
  if (known.zeros) pairs.push(["zero", ofAll(known.zeros, array)]);
  if (known.nans) pairs.push(["nan", ofAll(known.nans, array), true]);
  if (known.infinities) pairs.push(["inf", ofAll(known.infinities, array), true]);
  const rows = pairs.map(([term, text, bad]) => [make("dt", {}, term), make("dd", { class: bad ? "bad" : "" }, text)]);
  return make("dl", { class: "figures" }, rows);
}

function ofAll(count, array) {
  const all = array.shape.reduce((product, size) => product * size, 1);
  return `${whole(count)} of ${whole(all)}`;
}

function fitsEntries(array) {
  return array.values.length <= ENTRIES.count && (array.shape.at(-1) ?? 1) <= ENTRIES.columns;
}

/** All entries as a table, in rows along the last axis, coloured as in the heat map. */
function entries(array) {
  const columns = array.shape.at(-1) ?? 1;
  const scale = array.heat.scale || 1;
  const rows = [];
  for (let begin = 0; begin < array.values.length; begin += columns) {
    rows.push(
      make(
        "tr",
        {},
        array.values.slice(begin, begin + columns).map((value) => {
          const cell = make("td", {}, numeral(value));
          const color = typeof value === "string" ? cellColor(value === "nan" ? "!" : "+") : signedColor(value / scale);
          cell.style.background = color;
          cell.style.color = inkOn(color);
          return cell;
        }),
      ),
    );
  }
  return make("div", { class: "entries" }, make("table", {}, make("tbody", {}, rows)));
}
