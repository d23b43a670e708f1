// Colouring: boxes by a figure instead of by their kind: time, bytes, the size of gradients.

const FIGURES = {
  time: { choice: "time", words: "time", unit: secondsText, of: (box) => box.seconds || null },
  bytes: { choice: "size", words: "bytes of values", unit: bytesText, of: (box) => arrayOf(box.value)?.bytes || null },
  kept: { choice: "bytes kept", words: "bytes kept for backward", unit: bytesText, of: (box) => box.kept || null },
  gradient: {
    choice: "gradient",
    words: "norm of gradient",
    unit: numeral,
    of: (box) => arrayOf(box.gradient)?.statistics?.norm ?? null,
  },
  difference: {
    choice: "difference",
    words: "difference of the two ways",
    unit: differenceText,
    of: differenceOf,
    ends: [1e-17, 1],
  },
};

let range = null; // of the figure that colours: the least and the largest, and whether the scale is logarithmic

/** The figures that are known of at least two boxes. */
function figuresKnown() {
  return Object.keys(FIGURES).filter((name) => boxes.filter((box) => FIGURES[name].of(box) !== null).length > 1);
}

function setHeat(name) {
  state.heat = name;
  range = name === "kinds" ? null : rangeOf(FIGURES[name]);
  tell("recolored");
}

function rangeOf({ of, ends }) {
  if (ends) return { low: ends[0], high: ends[1], isLog: true };
  const known = boxes.map(of).filter((figure) => figure !== null && figure > 0);
  const [low, high] = [least(known), largest(known)];
  return { low, high, isLog: high > low * 20 };
}

/** Where a figure lies between the least and the largest, from 0 to 1. */
function share(figure) {
  const { low, high, isLog } = range;
  if (figure <= 0 || high <= low) return figure > 0 ? 1 : 0;
  const part = isLog ? Math.log(figure / low) / Math.log(high / low) : (figure - low) / (high - low);
  return Math.min(1, Math.max(0, part));
}

/** The fill of a box: the paper where its figure is not known; null for that of its kind, which suits all inks. */
function heatOf(number) {
  if (!range) return null;
  const figure = FIGURES[state.heat].of(boxes[number]);
  return figure === null ? paints.paper : heatColor(share(figure));
}

/** That of a closed scope: its hottest box. */
function heatOfScope(scope) {
  if (!range) return null;
  const inside = places.insideOf.get(scope).map((number) => FIGURES[state.heat].of(boxes[number]));
  const figures = inside.filter((figure) => figure !== null);
  return figures.length ? heatColor(share(largest(figures))) : paints.paper;
}

/** The ink for text on a fill: that of its kind, or where boxes are coloured by a figure whatever can be read. */
function inkOn(fill, color) {
  if (fill === null) return paints[color];
  return isPale(fill) ? "#1f2328" : "#f0f6fc";
}

function isPale(color) {
  const [red, green, blue] = channels(color);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140;
}

/** The scale that boxes are coloured by, for the legend; null where they are coloured by kind. */
function scaleView() {
  if (!range) return null;
  const { words, unit } = FIGURES[state.heat];
  const picture = make("canvas", { width: 96, height: 10 });
  const brush = picture.getContext("2d");
  for (let x = 0; x < 96; x++) {
    brush.fillStyle = heatColor(x / 95);
    brush.fillRect(x, 0, 1, 10);
  }
  const ends = `${words}${range.isLog ? ", logarithmic" : ""}`;
  return make("li", { class: "scale" }, make("span", {}, `${ends}:`), unit(range.low), picture, unit(range.high));
}
