// The stack: the layers whose backward passes were written by hand, each tied to what it recorded, with how far the two
// ways lie apart.

const layersOfStack = objects("layers", data.layers);
for (const layer of layersOfStack) layer.differences = objects("differences", layer.differences);

const layerOfScope = new Map(layersOfStack.map((layer, number) => [layer.scope, number]));

/** The number of the layer that recorded a box; undefined for none. */
function layerOf(box) {
  return scopesAround(box.scope)
    .map((scope) => layerOfScope.get(scope))
    .find((layer) => layer !== undefined);
}

/** The largest difference of the layer that a box belongs to, for colouring; null if nothing was compared. */
function differenceOf(box) {
  const layer = layersOfStack[layerOf(box)];
  return layer && layer.worst >= 0 ? Math.max(layer.worst, 1e-17) : null;
}

function differenceText(relative) {
  if (relative >= 1e300) return "nan, or another shape";
  if (relative >= 0.1) return numeral(Number(relative.toPrecision(2)));
  return relative <= 1e-17 ? "none" : relative.toExponential(0).replace("e-", "e−").replace("e+", "e");
}

function startStack() {
  if (!layersOfStack.length) return;
  const stack = byId("stack");
  stack.hidden = false;
  stack.append(make("h2", {}, "Layers, each with its backward pass written by hand, held against autograd"));
  stack.append(...layersOfStack.map(cardOf));
  on("step", markLayer);
  on("selected", markLayer);
}

function cardOf(layer, number) {
  const properties = { type: "button", class: `layer${layer.agrees ? "" : " differs"}`, id: `layer-${number}` };
  return make(
    "button",
    { ...properties, onclick: () => goToLayer(number) },
    make("b", {}, layer.title),
    make("span", {}, layer.detail),
    make("span", { class: "verdict" }, layer.verdict),
  );
}

/** Light the layer of the step or of the selected node. */
function markLayer() {
  const box = boxes[state.selected] ?? boxes[steps[state.step]?.box];
  const current = box && layerOf(box);
  layersOfStack.forEach((_, number) => {
    const card = byId(`layer-${number}`);
    card.classList.toggle("current", number === current);
    card.setAttribute("aria-current", String(number === current));
    if (number === current) card.scrollIntoView({ block: "nearest" });
  });
}

/** To the first step of a layer in the pass that is shown; without one, the place of what it recorded. */
function goToLayer(number) {
  stop();
  const { scope } = layersOfStack[number];
  if (scope === -1) return;
  const isBackward = steps[state.step]?.is_backward ?? false;
  const first = steps.findIndex((step) => step.is_backward === isBackward && layerOf(boxes[step.box]) === number);
  if (first !== -1) {
    reveal(steps[first].box);
    goTo(first, true);
  } else bringIntoSight(places.scopes[scope], true);
}

/** How the hand-written pass of a box's layer compares, for the panel. */
function layerView(box) {
  const layer = layersOfStack[layerOf(box)];
  if (!layer) return null;
  const cell = (words) => make("td", {}, words);
  const head = headOf(["", "largest", "relative", "cosine"]);
  const rows = layer.differences.map(({ name, absolute, relative, cosine }) =>
    make("tr", {}, cell(name), cell(differenceText(absolute)), cell(differenceText(relative)), cell(cosine.toFixed(6))),
  );
  return [
    heading3(`By hand: ${layer.title}`),
    make("p", { class: layer.agrees ? "agrees" : "differs" }, layer.verdict),
    rows.length ? make("table", { class: "compared" }, head, make("tbody", {}, rows)) : null,
  ];
}

/** The layers, those first on which the two ways differ most. */
function layersByDifference() {
  const compared = layersOfStack.map((layer, number) => ({ ...layer, number })).filter((layer) => layer.worst >= 0);
  compared.sort((a, b) => b.worst - a.worst);
  const rows = compared.map(({ title, worst, number }) => {
    const go = make("button", { class: "go", type: "button", onclick: () => goToLayer(number) }, title);
    return bar(go, share(Math.max(worst, 1e-17)), differenceText(worst));
  });
  return [heading3("Difference of the two ways"), make("div", { class: "bars" }, rows)];
}
