// The minimap: all of the drawing in a corner, and what of it is seen.

const minimap = byId("minimap");
const MAP = { most: 170, least: 34 };
let picture = null; // of the whole, drawn once per fold and theme

/** The map's size: the shape of the drawing, as far as it can be seen; a very long one is squeezed. */
function mapSize() {
  const across = places.width / Math.max(places.width, places.height);
  const down = places.height / Math.max(places.width, places.height);
  const most = Math.min(MAP.most, size.height * 0.55);
  return { width: Math.max(MAP.least, across * most), height: Math.max(MAP.least, down * most) };
}

function drawMap() {
  const view = seen();
  const isAllSeen =
    view.left <= 4 && view.top <= 4 && view.right >= places.width - 4 && view.bottom >= places.height - 4;
  minimap.hidden = isAllSeen || boxes.length < 2;
  if (minimap.hidden) return;
  const density = window.devicePixelRatio || 1;
  const { width, height } = mapSize();
  if (!picture) {
    picture = pictureOf(width, height, density);
    Object.assign(minimap, { width: picture.width, height: picture.height });
    Object.assign(minimap.style, { width: `${width}px`, height: `${height}px` });
  }
  const map = minimap.getContext("2d");
  map.setTransform(1, 0, 0, 1, 0, 0);
  map.drawImage(picture, 0, 0);
  map.scale(density, density);
  const [right, down] = [width / places.width, height / places.height];
  const current = places.boxes[steps[state.step]?.box];
  if (current) {
    map.fillStyle = marks.isBackward ? paints.back : paints.accent;
    map.fillRect((current.x + current.width / 2) * right - 2.5, (current.y + current.height / 2) * down - 2.5, 5, 5);
  }
  map.strokeStyle = paints.ink;
  map.lineWidth = 1.25;
  map.strokeRect(
    view.left * right,
    view.top * down,
    Math.max(4, (view.right - view.left) * right),
    Math.max(4, (view.bottom - view.top) * down),
  );
}

function pictureOf(width, height, density) {
  const canvas = make("canvas", { width: Math.round(width * density), height: Math.round(height * density) });
  const map = canvas.getContext("2d");
  map.scale(density, density);
  map.fillStyle = paints.paper;
  map.fillRect(0, 0, width, height);
  const [right, down] = [width / places.width, height / places.height];
  map.fillStyle = themed(data.colors.scopeLine);
  map.globalAlpha = 0.35;
  scopes.forEach((_, number) => {
    const at = places.scopes[number];
    if (!places.isHidden[number]) map.fillRect(at.x * right, at.y * down, at.width * right, at.height * down);
  });
  map.globalAlpha = 1;
  boxes.forEach((box, number) => {
    const at = places.boxes[number];
    map.fillStyle = box.trouble ? paints.bad : themed(looks[box.look].line);
    map.fillRect(at.x * right, at.y * down, Math.max(1, at.width * right), Math.max(0.6, at.height * down));
  });
  return canvas;
}

function startMinimap() {
  const move = (event) => {
    if (!(event.buttons & 1)) return;
    const frame = minimap.getBoundingClientRect();
    camera.x = ((event.clientX - frame.left) / frame.width) * places.width - size.width / 2 / camera.scale;
    camera.y = ((event.clientY - frame.top) / frame.height) * places.height - size.height / 2 / camera.scale;
    tell("moved");
  };
  minimap.addEventListener("pointerdown", (event) => {
    minimap.setPointerCapture(event.pointerId);
    move(event);
  });
  minimap.addEventListener("pointermove", move);
  const renew = () => {
    picture = null;
  };
  on("folded", renew);
  on("recolored", renew);
  on("resized", renew);
  on("painted", drawMap);
}
