// The panel: what is to be said of the present step, of the box that was clicked, or, before the first step, of all.

const panel = byId("panel");

let isScrolled = false; // known without asking, which would have the panel laid out at once
panel.addEventListener("scroll", () => {
  isScrolled = true;
});

function showPanel() {
  spare.push(...panel.querySelectorAll("canvas.heat"));
  panel.replaceChildren(...panelContent().flat(Infinity).filter(Boolean));
  spare.length = 0;
  if (isScrolled) panel.scrollTop = 0;
  isScrolled = false;
}

function panelContent() {
  if (state.selected !== -1) return aboutBox(state.selected);
  return state.step >= 0 ? aboutStep(steps[state.step]) : aboutAll();
}

const heading3 = (words) => make("h3", {}, words);
const chip = (words, kind = "", title = "") => make("span", { class: `chip ${kind}`, title }, words);

function aboutStep(step) {
  const box = boxes[step.box];
  return [
    make(
      "div",
      { class: "chips" },
      chip(phases[step.phase], step.is_backward ? "backward" : "forward"),
      step.seconds ? chip(secondsText(step.seconds)) : null,
      step.alive >= 0
        ? chip(`${bytesText(step.alive)} kept`, "", "Arrays kept for backward, and gradients under way")
        : null,
      step.trouble ? chip("nan or inf", "bad") : null,
    ),
    make("h2", {}, titleOf(step)),
    make("p", { class: "sub" }, placeText(box)),
    codeView(step.line),
    step.trouble ? troubleView(step) : null,
    step.is_backward ? backwardViews(step, box) : forwardViews(step, box),
    layerView(box),
  ];
}

/** What happens in a step. A derivative may have a box of its own, which is called so. */
function titleOf(step) {
  const { title } = boxes[step.box];
  return step.is_backward && !title.endsWith(" backward") ? `Derivative of ${title}` : title;
}

function forwardViews(step, box) {
  return [
    heading3("Rule"),
    ruleView(box, 0),
    givenOf(step).length ? heading3("Reads") : null,
    givenOf(step).map((given) => valueView(given.array, given.name, given.box)),
    heading3("Makes"),
    step.outputs.map((array, place) => valueView(array, numbered(outputName(box), place, step.outputs))),
  ];
}

/** A name, with the place where there are several of it. */
function numbered(name, place, all) {
  return all.length > 1 ? `${name}[${place}]` : name;
}

function backwardViews(step, box) {
  return [
    heading3("Gradient that comes in"),
    step.gradients.map((array, place) => valueView(array, numbered("g", place, step.gradients), -1, whyUnknown(array))),
    heading3("Local rule"),
    ruleView(box, 1),
    heading3("Sends"),
    sentOf(step).map(sentViews),
    heading3("With what forward read and made"),
    givenOf(step).map((given) => valueView(given.array, given.name, given.box)),
    step.outputs.map((array, place) => valueView(array, numbered(outputName(box), place, step.outputs))),
  ];
}

/** Why there is no array where there was a gradient; nothing where there is one. */
function whyUnknown(array) {
  if (array !== -1) return "";
  const isRecorded = steps.some((step) => step.is_backward && step.gradients.some((gradient) => gradient !== -1));
  return isRecorded
    ? "Not kept: the derivative wrote into it."
    : "Record the computation under viz.record() to see it.";
}

/** A gradient that is sent, and what it makes of what came there before. */
function sentViews(sent) {
  const summed = sent.is_summed ? "Summed over the axes along which the argument was broadcast." : "";
  const views = [valueView(sent.array, sent.name && `d${sent.name}`, sent.box, summed || whyUnknown(sent.array))];
  const isLast = sent.arrived === sent.expected;
  const hasSum = sent.sum !== -1 && sent.sum !== sent.array;
  if (sent.expected > 1) {
    const words = isLast
      ? `All ${sent.expected} gradients have come together there`
      : `${sent.arrived} of ${sent.expected} have come there`;
    views.push(make("p", { class: "sub" }, words + (hasSum ? ":" : ".")));
  }
  if (hasSum) views.push(valueView(sent.sum, sent.expected > 1 ? "sum" : "gradient"));
  return views;
}

function codeView(number) {
  const line = lines[number];
  return line ? make("div", { class: "code" }, make("b", {}, `${line.file}:${line.number}`), line.text) : null;
}

function placeText(box) {
  const around = scopesAround(box.scope)
    .map((scope) => scopes[scope].title)
    .reverse();
  return [around.join(" › "), ...box.details].filter(Boolean).join(" · ");
}

/** Where a nan or an infinity came from: the ranges of all that went in. */
function troubleView(step) {
  const read = givenOf(step).map((given) => [given.name || nameOf(given.box), given.array]);
  const before = [...step.gradients.map((array) => ["g", array]), ...read];
  const [what, made] = step.is_backward
    ? ["derivative", "the gradients that it sends hold"]
    : ["op", "its result holds"];
  const words =
    step.trouble === 2
      ? `This ${what} made it: ${made} a nan or an infinity, and what went in explains none.`
      : `It was there before: something that this ${what} was given holds a nan or an infinity already.`;
  return make(
    "div",
    { class: "alert" },
    make("b", {}, state.step === data.first_trouble ? "The first nan or inf. " : "nan or inf. "),
    words,
    before.map(([name, array]) => (arrayOf(array) ? make("p", {}, `${name} in ${rangeText(arrayOf(array))}`) : null)),
  );
}

function rangeText({ statistics }) {
  if (!statistics) return "nothing";
  const words = [`[${numeral(statistics.low)}, ${numeral(statistics.high)}]`];
  if (statistics.nans) words.push(`${statistics.nans} nan`);
  if (statistics.infinities) words.push(`${statistics.infinities} inf`);
  return words.join(", ");
}

on("step", showPanel);
on("selected", showPanel);
on("recolored", showPanel);
