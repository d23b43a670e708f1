// The overview: what is to be said before the first step.

function aboutAll() {
  return [
    make("h2", {}, data.title),
    make("p", { class: "sub" }, countsText()),
    troubleNotice(),
    steps.length ? guide() : make("p", { class: "sub" }, "There are no steps to walk through: no op is drawn."),
    phasesView(),
    hottest(),
  ];
}

function troubleNotice() {
  const step = steps[data.first_trouble];
  if (!step) return null;
  return make(
    "div",
    { class: "alert" },
    make("b", {}, "nan or inf. "),
    `It first appears at step ${data.first_trouble + 1}, ${phases[step.phase]}, in ${nameOf(step.box)}. `,
    make("button", { class: "go", type: "button", onclick: goToTrouble }, "Go there"),
  );
}

function guide() {
  const key = (words) => make("kbd", {}, words);
  return [
    heading3("Walk through it"),
    make(
      "p",
      {},
      "Press ",
      key("→"),
      " for one step, ",
      key("space"),
      " to play. Click a node for what is known of it, and the title of a module to close it. ",
      key("?"),
      " tells all keys.",
    ),
  ];
}

function countsText() {
  const counts = [counted(boxes.length, "node"), counted(links.length, "edge")];
  if (scopes.length) counts.push(counted(scopes.length, "module"));
  if (steps.length) counts.push(counted(steps.length, "step"));
  return counts.join(", ");
}

/** How many steps each pass has, and how long they took. */
function phasesView() {
  if (!steps.length) return null;
  const passes = phases.map((name) => ({ name, first: -1, count: 0, seconds: 0 }));
  steps.forEach((step, number) => {
    const pass = passes[step.phase];
    if (!pass.count) pass.first = number;
    pass.count += 1;
    pass.seconds += step.seconds;
  });
  const most = largest(passes.map((pass) => pass.seconds)) || 1;
  const rows = passes
    .filter((pass) => pass.count)
    .map(({ name, first, count, seconds }) => {
      const figure = seconds ? `${counted(count, "step")}, ${secondsText(seconds)}` : counted(count, "step");
      const go = make("button", { class: "go", type: "button", onclick: () => jumpTo(first) }, name);
      return bar(go, seconds / most, figure);
    });
  return [heading3("Passes"), make("div", { class: "bars" }, rows)];
}

function bar(words, part, figure) {
  const filled = make("i");
  filled.style.width = `${Math.round(part * 100)}%`;
  return [words, make("span", { class: "bar" }, filled), make("span", { class: "figure" }, figure)];
}

const HOTTEST = 8; // so many are listed

/** The boxes with the largest figures, of what colours them or of time. */
function hottest() {
  if (state.heat === "difference") return layersByDifference();
  const name = state.heat === "kinds" ? "time" : state.heat;
  const figure = FIGURES[name];
  const known = boxes.map((box, number) => [number, figure.of(box)]).filter(([, value]) => value !== null && value > 0);
  if (known.length < 2) return null;
  known.sort((a, b) => b[1] - a[1]);
  const rows = known
    .slice(0, HOTTEST)
    .map(([number, value]) => bar(goButton(nameOf(number), number), value / known[0][1], figure.unit(value)));
  return [heading3(`Most ${figure.words}`), make("div", { class: "bars" }, rows)];
}
