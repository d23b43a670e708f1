// Signals: what the parts of the page have in common, which is the state, and a way to tell each other that it changed.

const state = {
  step: -1, // the step that is shown; -1 is before the first
  selected: -1, // the box that was clicked; -1 for none: then the step's box is what the panel shows
  closed: new Set(), // scopes that are drawn as one box
  heat: "kinds", // what boxes are coloured by
  found: new Set(), // boxes that the search matches
  dark: false,
};

const listeners = new Map();

function on(signal, listener) {
  if (!listeners.has(signal)) listeners.set(signal, []);
  listeners.get(signal).push(listener);
}

function tell(signal) {
  for (const listener of listeners.get(signal) ?? []) listener();
}
