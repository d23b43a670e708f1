// The canvas: the drawing on the screen, frame by frame as it is needed.

const canvas = byId("drawing");
const pen = canvas.getContext("2d", { alpha: false });
const DASHES = [5, 3];
const GLOW = 4;

let layers = null; // what `composed` gives; null when it has to be made again
let marks = marksOf(-1);
const going = new Progress();
let isWaiting = false;
let isPrinting = false;

function repaint() {
  if (isWaiting) return;
  isWaiting = true;
  requestAnimationFrame(() => {
    isWaiting = false;
    paint();
  });
}

function refold() {
  places = placed(state.closed);
  layers = null;
  repaint();
}

function remark() {
  marks = marksOf(state.step);
  going.goTo(state.step);
  repaint();
}

/** Pixels of the canvas per pixel of the page; on paper there are more. */
function pixelDensity() {
  return isPrinting ? 3 : window.devicePixelRatio || 1;
}

/** The canvas as large as its frame; what is in the middle stays there. */
function resize() {
  const density = pixelDensity();
  camera.x += (size.width - stage.clientWidth) / 2 / camera.scale;
  camera.y += (size.height - stage.clientHeight) / 2 / camera.scale;
  [size.width, size.height] = [stage.clientWidth, stage.clientHeight];
  canvas.width = Math.round(size.width * density);
  canvas.height = Math.round(size.height * density);
  paint(); // at once: a canvas that was resized is empty
}

function paint() {
  layers ??= composed();
  const density = pixelDensity();
  pen.setTransform(density, 0, 0, density, 0, 0);
  pen.fillStyle = paints.paper;
  pen.fillRect(0, 0, size.width, size.height);
  pen.setTransform(
    camera.scale * density,
    0,
    0,
    camera.scale * density,
    -camera.x * camera.scale * density,
    -camera.y * camera.scale * density,
  );
  const view = seen();
  for (const name of LAYERS) {
    if (name === "heads" && camera.scale < 0.18) continue;
    for (const each of layers[name].within(view)) drawPath(each);
  }
  const shown = boxesWithin(view);
  if (camera.scale >= 0.28) drawTexts(view, shown);
  drawWhatIsToCome(shown);
  drawMarks(shown);
  tell("painted");
}

function drawPath(each) {
  each.path ??= new Path2D(each.parts.join(""));
  if (each.fill) {
    pen.fillStyle = each.fill;
    pen.fill(each.path);
  }
  if (each.line) {
    pen.strokeStyle = each.line;
    pen.lineWidth = Math.max(each.width, 0.4 / camera.scale);
    pen.setLineDash(each.dashed && camera.scale > 0.2 ? DASHES : []);
    pen.stroke(each.path);
  }
}

function boxesWithin(view) {
  const found = [];
  for (let number = 0; number < boxes.length; number++) if (overlaps(places.boxes[number], view)) found.push(number);
  return found;
}

function drawTexts(view, shown) {
  pen.setLineDash([]);
  pen.textBaseline = "alphabetic";
  pen.textAlign = "left";
  pen.font = font(sizes.scope, true);
  for (const scope of places.open) {
    if (!overlaps({ ...places.scopes[scope], height: 20 }, view)) continue;
    const { words, x, y } = titleOfScope(scope);
    rimmed(words, x, y, themed(data.colors.scopeFill));
  }
  pen.textAlign = "center";
  for (const number of shown) {
    if (places.stubOf[number] === -1) drawLines(textOf(boxes[number], places.boxes[number]), heatOf(number));
  }
  for (const stub of places.stubs) {
    if (overlaps(places.scopes[stub], view)) drawLines(textOfStub(stub), heatOfScope(stub));
  }
  if (camera.scale < 0.5) return;
  pen.font = font(9, false);
  for (const number of new Set(shown.flatMap((box) => [...linksInto[box], ...linksFrom[box]]))) {
    const link = links[number];
    if (!(link.number || link.part) || !places.paths[number]) continue;
    for (const { words, x, y, align } of numbersOf(link, places.paths[number])) {
      pen.textAlign = align;
      rimmed(words, x, y, paints.paper);
    }
  }
}

/** Lines of text on a fill; null for that of a kind. */
function drawLines(text, fill) {
  for (const { words, size, bold, color, x, y } of text) {
    if (size < sizes.title && !bold && camera.scale < 0.5) continue;
    pen.font = font(size, bold);
    pen.fillStyle = inkOn(fill, color);
    pen.fillText(words, x, y);
  }
}

function rimmed(words, x, y, rim) {
  pen.strokeStyle = rim;
  pen.lineWidth = 3;
  pen.lineJoin = "round";
  pen.strokeText(words, x, y);
  pen.fillStyle = paints.faint;
  pen.fillText(words, x, y);
}

/** Veil what the steps have not come to. */
function drawWhatIsToCome(shown) {
  if (state.step < 0) return;
  pen.globalAlpha = 0.62;
  pen.fillStyle = paints.paper;
  pen.beginPath();
  for (const number of shown) {
    if (!going.isToCome(number) || places.stubOf[number] !== -1) continue;
    const at = places.boxes[number];
    pen.rect(at.x - 2, at.y - 2, at.width + 4, at.height + 4);
  }
  pen.fill();
  pen.globalAlpha = 1;
}

function drawMarks(shown) {
  pen.setLineDash([]);
  const color = marks.isBackward ? paints.back : paints.accent;
  for (const [number, isAgainst] of marks.links) {
    if (places.paths[number]) drawFlow(wayOf(number, isAgainst), color);
  }
  for (const number of marks.others) ring(number, color, 2);
  if (marks.current !== -1) ring(marks.current, color, 3.5, true);
  for (const number of shown) if (state.found.has(number)) ring(number, paints.found, 3);
  if (state.selected !== -1) ring(state.selected, paints.ink, 2, false, [3, 3]);
  if (camera.scale >= 0.35) for (const number of shown) if (going.waiting.has(number)) badge(number);
}

/** The path that something takes along a link, or against it. */
function wayOf(number, isAgainst) {
  return isAgainst ? reversed(places.paths[number]) : places.paths[number];
}

function drawFlow(way, color) {
  pen.strokeStyle = color;
  pen.lineWidth = Math.max(2.5, 2 / camera.scale);
  pen.stroke(new Path2D(pathText(shortened(way))));
  pen.fillStyle = color;
  pen.fill(new Path2D(headText(way, 1.35)));
}

function ring(number, color, width, isLit = false, dashes = []) {
  const at = grown(places.boxes[number], GLOW);
  const path = new Path2D(roundedOutline(at, sizes.corner + GLOW));
  if (isLit) {
    pen.globalAlpha = 0.22;
    pen.strokeStyle = color;
    pen.lineWidth = Math.max(12, 8 / camera.scale);
    pen.stroke(path);
    pen.globalAlpha = 1;
  }
  pen.strokeStyle = color;
  pen.lineWidth = Math.max(width, width / 1.5 / camera.scale);
  pen.setLineDash(dashes);
  pen.stroke(path);
  pen.setLineDash([]);
}

/** How much of a box's gradient has come together. */
function badge(number) {
  if (places.stubOf[number] !== -1) return;
  const sent = going.waiting.get(number);
  const at = places.boxes[number];
  const words = sent.expected > 1 ? `grad ${sent.arrived}/${sent.expected}` : "grad";
  pen.font = font(8.5, true);
  const width = pen.measureText(words).width + 9;
  const place = { x: at.x + at.width - width + 6, y: at.y - 8, width, height: 13 };
  pen.fillStyle = sent.arrived === sent.expected ? paints.back : paints.paper;
  pen.strokeStyle = paints.back;
  pen.lineWidth = 1;
  const path = new Path2D(roundedOutline(place, 6.5));
  pen.fill(path);
  pen.stroke(path);
  pen.textAlign = "center";
  pen.fillStyle = sent.arrived === sent.expected ? paints.paper : paints.back;
  pen.fillText(words, place.x + width / 2, place.y + 9.6);
}

on("folded", refold);
on("step", remark);
on("moved", repaint);
on("selected", repaint);
on("found", repaint);
on("recolored", () => {
  layers = null;
  repaint();
});
