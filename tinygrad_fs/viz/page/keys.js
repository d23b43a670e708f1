// Keys: everything that the pointer can do, and more.

// What each key does, and how the list of keys tells it.
const KEYS = [
  { keys: ["→", "←"], words: "one step on, one step back" },
  { keys: ["Page Down", "Page Up"], words: "the next pass, the one before" },
  { keys: ["Home", "End"], words: "before the first step, the last step" },
  { keys: ["space"], words: "play, pause" },
  { keys: ["n"], words: "the first nan or inf" },
  { keys: ["↑", "↓"], words: "select what the node reads, what reads it" },
  { keys: ["[", "]"], words: "select the node before, the next one" },
  { keys: ["Enter"], words: "go to the step of the selected node" },
  { keys: ["c"], words: "close or open the module around the node" },
  { keys: ["m"], words: "close all modules, or open them" },
  { keys: ["/"], words: "search" },
  { keys: ["+", "−", "0"], words: "zoom in, zoom out, fit" },
  { keys: ["Shift w", "Shift a", "Shift s", "Shift d"], words: "move the view" },
  { keys: ["t"], words: "all nodes and values as a table" },
  { keys: ["s"], words: "save this view as SVG" },
  { keys: ["d"], words: "light or dark" },
  { keys: ["Esc"], words: "let go of the selected node" },
  { keys: ["?"], words: "this list" },
];

const ACTIONS = {
  ArrowRight: () => goBy(1),
  ArrowLeft: () => goBy(-1),
  PageDown: () => goByPhase(1),
  PageUp: () => goByPhase(-1),
  Home: toBegin,
  End: toLast,
  " ": play,
  n: goToTrouble,
  ArrowUp: () => walkLinks(linksInto, "source"),
  ArrowDown: () => walkLinks(linksFrom, "reader"),
  "[": () => selectBy(-1),
  "]": () => selectBy(1),
  Enter: goToStepOfSelected,
  c: foldAroundNode,
  m: closeAll,
  "/": () => byId("search").focus(),
  "+": () => zoomBy(1.3),
  "=": () => zoomBy(1.3),
  "-": () => zoomBy(1 / 1.3),
  0: fit,
  W: () => panBy(0, 90),
  S: () => panBy(0, -90),
  A: () => panBy(90, 0),
  D: () => panBy(-90, 0),
  t: showTable,
  s: saveView,
  d: toggleTheme,
  Escape: () => select(-1),
  "?": showKeys,
};

/** The node that keys are about: the selected one, or that of the step. */
function nodeAtHand() {
  return state.selected !== -1 ? state.selected : (steps[state.step]?.box ?? 0);
}

/** Select the first node at the other end of the links from or to the node at hand; at first, that node itself. */
function walkLinks(linksOf, end) {
  const [link] = linksOf[nodeAtHand()] ?? [];
  if (state.selected === -1) show(nodeAtHand(), false);
  else if (link !== undefined) show(links[link][end], false);
}

function selectBy(count) {
  show((nodeAtHand() + count + boxes.length) % boxes.length, false);
}

function goToStepOfSelected() {
  const own = stepsOf[state.selected];
  if (own?.length) goTo(own.find((step) => step > state.step) ?? own[0]);
}

function foldAroundNode() {
  const stub = places.stubOf[nodeAtHand()];
  const scope = stub !== -1 ? stub : (boxes[nodeAtHand()]?.scope ?? -1);
  if (scope !== -1) toggleScope(scope);
}

/** Whether a key belongs to what has the focus: a field, a list, a dialog, or a button that it presses. */
function isTaken(event) {
  const at = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey) return true;
  if (at.matches?.("input[type=search], select") || at.closest?.("dialog[open]")) return true;
  return at instanceof HTMLButtonElement && (event.key === " " || event.key === "Enter");
}

function startKeys() {
  document.addEventListener("keydown", (event) => {
    const action = Object.hasOwn(ACTIONS, event.key) ? ACTIONS[event.key] : null;
    if (!action || isTaken(event)) return;
    event.preventDefault();
    action();
  });
}
