// The camera: which part of the drawing is seen, and how large.

const camera = { x: 0, y: 0, scale: 1 }; // the left upper corner in the drawing, and pixels per unit
const stage = byId("stage");
const size = { width: stage.clientWidth, height: stage.clientHeight }; // of the stage, as it was measured last
const LEAST = 0.004;
const MOST = 6;
const SLENDER = 0.06; // no drawing is fitted smaller than that
const READABLE = 0.62; // below that scale, text is too small

const toScreen = (x, y) => ({ x: (x - camera.x) * camera.scale, y: (y - camera.y) * camera.scale });
const toDrawing = (x, y) => ({ x: camera.x + x / camera.scale, y: camera.y + y / camera.scale });

function seen() {
  return {
    left: camera.x,
    top: camera.y,
    right: camera.x + size.width / camera.scale,
    bottom: camera.y + size.height / camera.scale,
  };
}

/** Whether some of a rectangle is seen. */
function overlaps(at, view) {
  return at.x < view.right && at.x + at.width > view.left && at.y < view.bottom && at.y + at.height > view.top;
}

function panBy(right, down) {
  camera.x -= right / camera.scale;
  camera.y -= down / camera.scale;
  tell("moved");
}

/** Zoom by a factor, with a point of the screen held still. */
function zoomAt(x, y, factor) {
  const scale = Math.min(MOST, Math.max(LEAST, camera.scale * factor));
  const point = toDrawing(x, y);
  camera.scale = scale;
  camera.x = point.x - x / scale;
  camera.y = point.y - y / scale;
  tell("moved");
}

function zoomBy(factor) {
  zoomAt(size.width / 2, size.height / 2, factor);
}

/** Show the whole drawing; of one that would be a mere line, as much as has a width, around the present step. */
function fit() {
  const above = data.notes.length ? 20 : 0; // the notes stand there
  const room = { width: size.width - 48, height: size.height - 56 - above };
  const [across, down] = [room.width / places.width, room.height / places.height];
  camera.scale = Math.min(
    MOST,
    Math.max(LEAST, Math.min(across, down, 1.4), Math.min(SLENDER, Math.max(across, down))),
  );
  const box = places.boxes[steps[state.step]?.box] ?? places.boxes[0];
  camera.x = middle(box, "x", "width", size.width / camera.scale);
  camera.y = middle(box, "y", "height", size.height / camera.scale) - above / 2 / camera.scale;
  tell("moved");
}

/** Where the view begins on one axis: so that all is in the middle, or, where it has no room, a rectangle is. */
function middle(at, side, size, room) {
  const all = places[size];
  if (all <= room) return all / 2 - room / 2;
  const wanted = at[side] + at[size] / 2 - room / 2;
  return Math.min(Math.max(wanted, -room * 0.04), all - room * 0.96);
}

/** Show all of a small drawing; of a large one the beginning, with its inputs, so that it can be read. */
function begin() {
  fit();
  if (camera.scale >= READABLE) return;
  camera.scale = READABLE + 0.18;
  const first = places.boxes[steps[0]?.box ?? 0] ?? { x: 0, y: 0, width: 0, height: 0 };
  camera.x = first.x + first.width / 2 - size.width / 2 / camera.scale;
  const edge = -(28 + (data.notes.length ? 20 : 0)) / camera.scale; // the drawing's upper one, and what stands above
  const isNear = first.y + first.height < edge + (0.6 * size.height) / camera.scale;
  camera.y = isNear ? edge : first.y - Math.min(160, size.height / 3) / camera.scale;
  tell("moved");
}

let gliding = 0;

/** Bring a rectangle into sight, in a short glide; nothing happens where it is in sight already and can be read. */
function bringIntoSight(at, isUrgent = false) {
  const view = seen();
  const margin = 36 / camera.scale;
  const isSeen =
    at.x > view.left + margin &&
    at.x + at.width < view.right - margin &&
    at.y > view.top + margin &&
    at.y + at.height < view.bottom - margin;
  if (isSeen && (camera.scale > 0.3 || !isUrgent)) return;
  const scale = camera.scale < 0.3 && isUrgent ? 0.9 : camera.scale;
  const [across, down] = [size.width / scale, size.height / scale];
  glideTo(middle(at, "x", "width", across), middle(at, "y", "height", down), scale);
}

function glideTo(x, y, scale) {
  cancelAnimationFrame(gliding);
  const from = { ...camera };
  const begun = performance.now();
  const time = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 220;
  const move = (now) => {
    const part = time ? Math.min(1, Math.max(0, (now - begun) / time)) : 1;
    const eased = 1 - (1 - part) ** 3;
    camera.x = from.x + (x - from.x) * eased;
    camera.y = from.y + (y - from.y) * eased;
    camera.scale = from.scale + (scale - from.scale) * eased;
    tell("moved");
    if (part < 1) gliding = requestAnimationFrame(move);
  };
  move(begun);
  if (time) gliding = requestAnimationFrame(move);
}
