// A node: all that is known of a box that was clicked.

function aboutBox(number) {
  const box = boxes[number];
  const own = stepsOf[number];
  return [
    make("div", { class: "chips" }, chip(kindText(box)), box.trouble ? chip(box.trouble, "bad") : null),
    make("h2", {}, box.title),
    make("p", { class: "sub" }, placeText(box)),
    own.length ? codeView(steps[own[0]].line) : null,
    own.length ? make("div", { class: "row" }, own.slice(0, MOST_STEPS).map(stepButton)) : null,
    rules[box.rule] ? [heading3("Rule"), ruleView(box, 1)] : null,
    heading3("Value"),
    valueView(box.value, ""),
    heading3("Gradient"),
    gradientViews(number, box),
    neighbours(
      "Reads",
      linksInto[number].map((link) => links[link].source),
    ),
    neighbours(
      "Is read by",
      linksFrom[number].map((link) => links[link].reader),
    ),
    costs(box),
    layerView(box),
  ];
}

const MOST_STEPS = 8; // of one node that are offered
const MOST_NEIGHBOURS = 12;

function stepButton(step) {
  const words = `Step ${step + 1}: ${phases[steps[step].phase]}`;
  return make("button", { type: "button", onclick: () => jumpTo(step) }, words);
}

const KINDS = {
  op: "op",
  part: "output of an op",
  leaf: "leaf",
  input: "input",
  stub: "value without gradient, not recorded",
  constant: "constant",
  scope: "module, not opened",
  backward: "op of a backward pass",
  again: "op of a second backward pass",
  gradient: "gradient",
  saved: "kept for backward",
};

function kindText(box) {
  return box.is_output ? `${KINDS[box.kind]}, output` : KINDS[box.kind];
}

function gradientViews(number, box) {
  if (box.gradient !== -1) return [valueView(box.gradient, "")];
  const { words, route } = whyNone(number);
  const stations = route.map(({ box: at, broken }) =>
    make("li", { class: broken ? "broken" : "" }, goButton(nameOf(at), at), broken ? `: ${broken}` : ""),
  );
  return [
    make("p", {}, make("b", {}, "None. "), words),
    stations.length ? make("ol", { class: "route" }, stations) : null,
  ];
}

function neighbours(words, found) {
  const each = [...new Set(found)];
  if (!each.length) return null;
  const named = each.slice(0, MOST_NEIGHBOURS).flatMap((box, i) => [i ? ", " : "", goButton(nameOf(box), box)]);
  const rest = each.length - MOST_NEIGHBOURS;
  return [heading3(words), make("p", {}, named, rest > 0 ? ` and ${whole(rest)} more` : "")];
}

function costs(box) {
  const found = [];
  if (box.seconds) found.push(`${secondsText(box.seconds)} in all passes`);
  if (box.kept) found.push(`${bytesText(box.kept)} kept for backward`);
  return found.length ? [heading3("Cost"), make("p", {}, found.join(", "))] : null;
}
