// The pointer: drag to move, wheel or pinch to zoom, click for a node, or on a module's title to close or open it.

const hint = byId("hint");
const fingers = new Map();
let travelled = 0;

/** The box at a point of the drawing; -1 for none. Of a closed scope it is the scope, as { scope }. */
function hit(x, y) {
  const isAt = (at) => x >= at.x && x <= at.x + at.width && y >= at.y && y <= at.y + at.height;
  for (const stub of places.stubs) if (isAt(places.scopes[stub])) return { box: -1, scope: stub };
  for (let number = boxes.length - 1; number >= 0; number--) {
    if (places.stubOf[number] === -1 && isAt(places.boxes[number])) return { box: number, scope: -1 };
  }
  for (let number = scopes.length - 1; number >= 0; number--) {
    if (!places.isHidden[number] && isAt({ ...places.scopes[number], height: 22 })) return { box: -1, scope: number };
  }
  return { box: -1, scope: -1 };
}

function under(event) {
  const frame = canvas.getBoundingClientRect();
  const point = toDrawing(event.clientX - frame.left, event.clientY - frame.top);
  return hit(point.x, point.y);
}

canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, event);
  travelled = 0;
  hint.hidden = true;
});

canvas.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) {
    hover(event);
    return;
  }
  if (fingers.size === 2) pinch(event, before);
  else panBy(event.clientX - before.clientX, event.clientY - before.clientY);
  travelled += Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY);
  fingers.set(event.pointerId, event);
});

function pinch(event, before) {
  const other = [...fingers.values()].find((finger) => finger.pointerId !== event.pointerId);
  const apart = (finger) => Math.hypot(finger.clientX - other.clientX, finger.clientY - other.clientY);
  const frame = canvas.getBoundingClientRect();
  const [x, y] = [(event.clientX + other.clientX) / 2, (event.clientY + other.clientY) / 2];
  zoomAt(x - frame.left, y - frame.top, apart(event) / (apart(before) || 1));
}

function release(event) {
  const wasDown = fingers.delete(event.pointerId);
  if (!wasDown || event.type === "pointercancel" || travelled > 4) return;
  const { box, scope } = under(event);
  if (scope !== -1) toggleScope(scope);
  else select(box === state.selected ? -1 : box);
}
canvas.addEventListener("pointerup", release);
canvas.addEventListener("pointercancel", release);

canvas.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    const frame = canvas.getBoundingClientRect();
    // A wheel turns by lines or pages, a touchpad by pixels; a pinch comes as a wheel with the control key.
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? size.height : 1;
    if (event.shiftKey && !event.ctrlKey) panBy(-(event.deltaY + event.deltaX) * unit, 0);
    else {
      const speed = event.ctrlKey ? 0.01 : 0.0016;
      zoomAt(event.clientX - frame.left, event.clientY - frame.top, Math.exp(-event.deltaY * unit * speed));
    }
  },
  { passive: false },
);

canvas.addEventListener("pointerleave", () => {
  hint.hidden = true;
});

/** Say all that is known of what is under the pointer. */
function hover(event) {
  const words = wordsOn(under(event));
  canvas.classList.toggle("over", words !== "");
  hint.hidden = words === "";
  if (!words) return;
  hint.textContent = words;
  const frame = stage.getBoundingClientRect();
  const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
  hint.style.left = `${Math.max(6, Math.min(x + 14, frame.width - hint.offsetWidth - 8))}px`;
  hint.style.top = `${y + 20 + hint.offsetHeight > frame.height ? y - hint.offsetHeight - 10 : y + 18}px`;
}

function wordsOn({ box, scope }) {
  if (box !== -1) return boxes[box].tooltip;
  if (scope === -1) return "";
  return `${scopes[scope].tooltip}\n${state.closed.has(scope) ? "Click to open" : "Click to close"}`;
}

/** Select a box; -1 for none. */
function select(box) {
  state.selected = box;
  tell("selected");
}

/** Select a box and bring it into sight, whatever is closed around it. */
function show(box, isUrgent = true) {
  reveal(box);
  select(box);
  bringIntoSight(places.boxes[box], isUrgent);
}
