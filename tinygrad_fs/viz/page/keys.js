// Keys: everything that the pointer can do, and more.

const KEYS = [
  { keys: ["→", "←"], words: "one step on, one step back", on: { ArrowRight: () => goBy(1), ArrowLeft: () => goBy(-1) } },
  { keys: ["Page Down", "Page Up"], words: "the next pass, the one before", on: { PageDown: () => goByPhase(1), PageUp: () => goByPhase(-1) } },
  { keys: ["Home", "End"], words: "before the first step, the last step", on: { Home: () => { stop(); goTo(-1); }, End: () => { stop(); goTo(steps.length - 1); } } },
  { keys: ["space"], words: "play, pause", on: { " ": play } },
  { keys: ["n"], words: "the first nan or inf", on: { n: goToTrouble } },
  { keys: ["↑", "↓"], words: "select what the node reads, what reads it", on: { ArrowUp: () => walkLinks(-1), ArrowDown: () => walkLinks(1) } },
  { keys: ["[", "]"], words: "select the node before, the next one", on: { "[": () => selectBy(-1), "]": () => selectBy(1) } },
  { keys: ["Enter"], words: "go to the step of the selected node", on: { Enter: goToStepOfSelected } },
  { keys: ["c"], words: "close or open the module around the node", on: { c: foldAroundNode } },
  { keys: ["m"], words: "close all modules, or open them", on: { m: closeAll } },
  { keys: ["/"], words: "search", on: { "/": () => byId("search").focus() } },
  { keys: ["+", "−", "0"], words: "zoom in, zoom out, fit", on: { "+": () => zoomBy(1.3), "=": () => zoomBy(1.3), "-": () => zoomBy(1 / 1.3), 0: fit } },
  { keys: ["w", "a", "s", "d"].map((key) => `Shift ${key}`), words: "move the view", on: { W: () => panBy(0, 90), S: () => panBy(0, -90), A: () => panBy(90, 0), D: () => panBy(-90, 0) } },
  { keys: ["t"], words: "all nodes and values as a table", on: { t: showTable } },
  { keys: ["s"], words: "save this view as SVG", on: { s: saveView } },
  { keys: ["d"], words: "light or dark", on: { d: toggleTheme } },
  { keys: ["Esc"], words: "let go of the selected node", on: { Escape: () => select(-1) } },
  { keys: ["?"], words: "this list", on: { "?": showKeys } },
];

const actions = new Map(KEYS.flatMap(({ on: each }) => Object.entries(each)));

/** The node that keys are about: the selected one, or that of the step. */
function nodeAtHand() {
  return state.selected !== -1 ? state.selected : steps[state.step]?.box ?? 0;
}

function selectAndShow(box) {
  reveal(box);
  select(box);
  bringIntoSight(places.boxes[box]);
}

function walkLinks(way) {
  const found = way < 0 ? linksInto[nodeAtHand()].map((link) => links[link].source) : linksFrom[nodeAtHand()].map((link) => links[link].reader);
  if (state.selected === -1) selectAndShow(nodeAtHand());
  else if (found.length) selectAndShow(found[0]);
}

function selectBy(count) {
  if (boxes.length) selectAndShow((nodeAtHand() + count + boxes.length) % boxes.length);
}

function goToStepOfSelected() {
  const own = stepsOf[state.selected];
  if (own?.length) goTo(own.find((step) => step > state.step) ?? own[0]);
}

function foldAroundNode() {
  const stub = places.stubOf[nodeAtHand()];
  const scope = stub !== -1 ? stub : boxes[nodeAtHand()]?.scope ?? -1;
  if (scope !== -1) toggleScope(scope);
}

function startKeys() {
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof HTMLElement && (event.target.matches("input[type=search], select, textarea") || event.target.closest("dialog[open]"));
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    if ((event.key === " " || event.key === "Enter") && event.target instanceof HTMLButtonElement) return;
    const action = actions.get(event.key);
    if (!action) return;
    event.preventDefault();
    action();
  });
}
