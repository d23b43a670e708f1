// The panel: what is to be said of the present step, of the box that was clicked, or, before the first step, of the whole.

const panel = byId("panel");

function showPanel() {
  const content = state.selected !== -1 ? aboutBox(state.selected) : state.step >= 0 ? aboutStep(steps[state.step]) : aboutAll();
  panel.replaceChildren(...content.flat(Infinity).filter(Boolean));
  panel.scrollTop = 0;
}

const heading3 = (words) => make("h3", {}, words);

// ---- a step

function aboutStep(step) {
  const box = boxes[step.box];
  return [
    make("div", { class: "chips" },
      make("span", { class: `chip ${step.is_backward ? "backward" : "forward"}` }, phases[step.phase]),
      step.seconds ? make("span", { class: "chip" }, secondsText(step.seconds)) : null,
      step.alive >= 0 ? make("span", { class: "chip", title: "Arrays kept for backward, and gradients under way" }, `${bytesText(step.alive)} kept`) : null,
      step.trouble ? make("span", { class: "chip bad" }, "nan or inf") : null,
    ),
    make("h2", {}, step.is_backward ? `Derivative of ${box.title}` : box.title),
    make("p", { class: "sub" }, placeText(box)),
    codeView(step.line),
    step.trouble ? troubleView(step) : null,
    step.is_backward ? backwardViews(step, box) : forwardViews(step, box),
    layerView(step.box),
  ];
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
    step.gradients.map((array, place) => valueView(array, numbered("g", place, step.gradients), -1, array === -1 ? notKept() : "")),
    heading3("Local rule"),
    ruleView(box, 1),
    heading3("Sends"),
    sentOf(step).map(sentViews),
    heading3("With what forward read and made"),
    givenOf(step).map((given) => valueView(given.array, given.name, given.box)),
    step.outputs.map((array, place) => valueView(array, numbered(outputName(box), place, step.outputs))),
  ];
}

function notKept() {
  return steps.some((step) => step.is_backward && step.gradients.some((array) => array !== -1))
    ? "Not kept: the derivative wrote into it."
    : "Record the computation under viz.record() to see it.";
}

/** A gradient that is sent, and what it makes of what came there before. */
function sentViews(sent) {
  const remark = sent.is_summed ? "Summed over the axes along which the argument was broadcast." : sent.array === -1 ? notKept() : "";
  const views = [valueView(sent.array, sent.name && `d${sent.name}`, sent.box, remark)];
  if (sent.expected > 1) {
    const isShown = sent.arrived > 1 || sent.array === -1;
    const words = sent.arrived === sent.expected ? `All ${sent.expected} gradients have come together there` : `${sent.arrived} of ${sent.expected} have come there`;
    views.push(make("p", { class: "sub" }, isShown ? `${words}:` : `${words}.`));
    if (isShown) views.push(valueView(sent.sum, "sum"));
  } else if (sent.array === -1 && sent.sum !== -1) {
    views.push(valueView(sent.sum, "gradient"));
  }
  return views;
}

/** What the formula of a rule calls the result. */
function outputName(box) {
  return /^([a-z]{1,2})(_i|\[[^\]]*\])? = /.exec(rules[box.rule]?.[0] ?? "")?.[1] ?? "";
}

/** The formulas of an op: what it computes, and with `from` 1 its derivatives alone. */
function ruleView(box, from) {
  const rule = rules[box.rule];
  if (!rule) return make("p", { class: "sub" }, "The op has no docstring that would say it.");
  const shown = from && rule.length > 1 ? [rule[0], ...rule.slice(1).flatMap((part) => part.split(",  "))] : [rule[0]];
  return make("div", { class: "rule" }, shown.map((formula) => make("div", {}, pretty(formula))));
}

/** A formula with signs of its own for powers, roots and greater-or-equal, where they are beyond doubt. */
function pretty(formula) {
  const powers = { 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴" };
  return formula
    .replace(/\^(\d)(?![\d.])/g, (_, digit) => powers[digit] ?? `^${digit}`)
    .replaceAll("<=", "≤").replaceAll(">=", "≥").replace(/ - /g, " − ").replace(/= -/g, "= −").replace(/\^T\b/g, "ᵀ").replace(/\.$/, "");
}

function codeView(number) {
  const line = lines[number];
  return line ? make("div", { class: "code" }, make("b", {}, `${line.file}:${line.number}`), line.text) : null;
}

function placeText(box) {
  const around = scopesAround(box.scope).map((scope) => scopes[scope].title).reverse();
  return [around.join(" › "), ...box.details].filter(Boolean).join(" · ");
}

/** Where a nan or an infinity came from: the ranges of all that went in. */
function troubleView(step) {
  const made = step.trouble === 2;
  const before = [...(step.is_backward ? step.gradients.map((array) => ["g", array]) : []), ...givenOf(step).map((given) => [given.name || nameOf(given.box), given.array])];
  const [what, how] = step.is_backward ? ["derivative", "the gradients that it sends"] : ["op", "its result"];
  const text = made
    ? `This ${what} made it: ${how} hold a nan or an infinity, and what went in explains none.`
    : `It was there before: something that this ${what} was given holds a nan or an infinity already.`;
  return make("div", { class: "alert" },
    make("b", {}, state.step === data.first_trouble ? "The first nan or inf. " : "nan or inf. "),
    text.replace("its result hold", "its result holds"),
    before.map(([name, array]) => arrayOf(array) ? make("p", {}, `${name} in ${rangeText(arrayOf(array))}`) : null),
  );
}

function rangeText({ statistics }) {
  if (!statistics) return "nothing";
  const words = [statistics.nans && `${statistics.nans} nan`, statistics.infinities && `${statistics.infinities} inf`].filter(Boolean);
  return [`[${numeral(statistics.low)}, ${numeral(statistics.high)}]`, ...words].join(", ");
}

// ---- a box

function aboutBox(number) {
  const box = boxes[number];
  const own = stepsOf[number];
  return [
    make("div", { class: "chips" },
      make("span", { class: "chip" }, kindText(box)),
      box.trouble ? make("span", { class: "chip bad" }, box.trouble) : null,
    ),
    make("h2", {}, box.title),
    make("p", { class: "sub" }, placeText(box)),
    own.length ? codeView(steps[own[0]].line) : null,
    own.length ? make("div", { class: "row" }, own.slice(0, 8).map((step) =>
      make("button", { type: "button", onclick: () => { stop(); goTo(step); } }, `Step ${step + 1}: ${phases[steps[step].phase]}`))) : null,
    rules[box.rule] ? [heading3("Rule"), ruleView(box, 1)] : null,
    heading3("Value"),
    valueView(box.value, ""),
    heading3("Gradient"),
    gradientViews(number, box),
    neighbours("Reads", linksInto[number].map((link) => links[link].source)),
    neighbours("Is read by", linksFrom[number].map((link) => links[link].reader)),
    costs(box),
    layerView(number),
  ];
}

function kindText(box) {
  const words = { op: "op", part: "output of an op", leaf: "leaf", input: "input", constant: "constant", scope: "module, not opened",
    backward: "op of a backward pass", again: "op of a second backward pass", gradient: "gradient", saved: "kept for backward" };
  return box.is_output ? `${words[box.kind]}, output` : words[box.kind];
}

function gradientViews(number, box) {
  if (box.gradient !== -1) return [valueView(box.gradient, "")];
  const { words, route } = whyNone(number);
  return [
    make("p", {}, make("b", {}, "None. "), words),
    route.length ? make("ol", { class: "route" }, route.map(({ box: at, broken }) =>
      make("li", { class: broken ? "broken" : "" }, goButton(nameOf(at), at), broken ? ` — ${broken}` : ""))) : null,
  ];
}

function neighbours(words, found) {
  const each = [...new Set(found)];
  if (!each.length) return null;
  return [heading3(words), make("p", {}, each.slice(0, 12).flatMap((box, i) => [i ? ", " : "", goButton(nameOf(box), box)]), each.length > 12 ? ` and ${each.length - 12} more` : "")];
}

function costs(box) {
  const found = [];
  if (box.seconds) found.push(`${secondsText(box.seconds)} in all passes`);
  if (box.kept) found.push(`${bytesText(box.kept)} kept for backward`);
  return found.length ? [heading3("Cost"), make("p", {}, found.join(", "))] : null;
}

// ---- the whole

function aboutAll() {
  const bad = data.first_trouble;
  return [
    make("h2", {}, data.title),
    make("p", { class: "sub" }, countsText()),
    bad === -1 ? null : make("div", { class: "alert" },
      make("b", {}, "nan or inf. "), `It first appears at step ${bad + 1}, ${phases[steps[bad].phase]}, in ${nameOf(steps[bad].box)}. `,
      make("button", { class: "go", type: "button", onclick: goToTrouble }, "Go there")),
    steps.length
      ? [heading3("Walk through it"), make("p", {}, ...keyWords("Press → for one step, space to play. Click a node for what is known of it; click the title of a module to close it. ? tells all keys."))]
      : make("p", { class: "sub" }, "There are no steps to walk through: no op is drawn."),
    phasesView(),
    hottest(),
  ];
}

/** Text in which the names of keys are marked as such. */
function keyWords(text) {
  return text.split(/(→|\?(?= tells)|space(?= to))/).map((part) => (/^(→|\?|space)$/.test(part) ? make("kbd", {}, part) : part));
}

function countsText() {
  const counts = [counted(boxes.length, "node"), counted(links.length, "edge")];
  if (scopes.length) counts.push(counted(scopes.length, "module"));
  if (steps.length) counts.push(counted(steps.length, "step"));
  return counts.join(", ");
}

function phasesView() {
  if (!steps.length) return null;
  const rows = phases.map((name, phase) => {
    const own = steps.filter((step) => step.phase === phase);
    return own.length ? { name, first: steps.indexOf(own[0]), count: own.length, seconds: own.reduce((sum, step) => sum + step.seconds, 0) } : null;
  }).filter(Boolean);
  const most = Math.max(...rows.map((row) => row.seconds)) || 1;
  return [heading3("Passes"), make("div", { class: "bars" }, rows.map((row) => bar(
    make("button", { class: "go", type: "button", onclick: () => { stop(); goTo(row.first); } }, row.name),
    row.seconds / most, row.seconds ? `${counted(row.count, "step")}, ${secondsText(row.seconds)}` : counted(row.count, "step"))))];
}

function bar(words, part, figure) {
  const filled = make("i");
  filled.style.width = `${Math.round(part * 100)}%`;
  return [words, make("span", { class: "bar" }, filled), make("span", { class: "figure" }, figure)];
}

/** The boxes with the largest figures, of what colours them or of time. */
function hottest() {
  const name = state.heat === "kinds" ? "time" : state.heat;
  const figure = FIGURES[name];
  const known = boxes.map((box, number) => [number, figure.of(box)]).filter(([, value]) => value !== null && value > 0);
  if (known.length < 2) return null;
  known.sort((a, b) => b[1] - a[1]);
  return [heading3(`Most ${figure.words}`), make("div", { class: "bars" },
    known.slice(0, 8).map(([number, value]) => bar(goButton(nameOf(number), number), value / known[0][1], figure.unit(value))))];
}

on("step", showPanel);
on("selected", showPanel);
on("heat", showPanel);
