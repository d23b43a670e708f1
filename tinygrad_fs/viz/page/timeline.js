// The timeline: all steps from left to right, with the memory that is kept after each, under the slider.

const strip = byId("strip");
const brush = strip.getContext("2d");
const sans = getComputedStyle(document.body).fontFamily;

let ground = null; // all but where the walk is, drawn once per size and theme

function drawTimeline() {
  ground ??= groundOf();
  const { picture, width, height, at, peak } = ground;
  if (!width || !height) return; // as on paper
  if (strip.width !== picture.width || strip.height !== picture.height) {
    Object.assign(strip, { width: picture.width, height: picture.height });
  }
  brush.setTransform(1, 0, 0, 1, 0, 0);
  brush.clearRect(0, 0, strip.width, strip.height);
  brush.drawImage(picture, 0, 0);
  if (!steps.length) return;
  scaled(brush);
  brush.fillStyle = paints.ink;
  brush.fillRect(at(state.step) - 1, 0, 2, height);
  if (steps[0].alive >= 0) drawFigures(width, peak);
}

function scaled(brush) {
  const density = window.devicePixelRatio || 1;
  brush.scale(density, density);
}

function groundOf() {
  const frame = byId("timeline");
  const density = window.devicePixelRatio || 1;
  const [width, height] = [frame.clientWidth, frame.clientHeight];
  const picture = make("canvas", { width: Math.round(width * density), height: Math.round(height * density) });
  // Step -1 stands at the left end, the last one at the right, as the slider has it.
  const at = (step) => 1 + ((step + 1) / Math.max(1, steps.length)) * (width - 2);
  const peak = Math.max(1, largest(steps.map((step) => step.alive)));
  const brush = picture.getContext("2d");
  scaled(brush);
  if (steps.length) drawPhases(brush, at, height);
  if (steps[0]?.alive >= 0) drawMemory(brush, at, height, peak);
  drawTroubles(brush, at, height);
  return { picture, width, height, at, peak };
}

const backgroundOf = (phase) => (phases[phase] === "forward" ? paints.accent : paints.back);

function drawPhases(brush, at, height) {
  let begin = 0;
  for (let number = 1; number <= steps.length; number++) {
    if (number < steps.length && steps[number].phase === steps[begin].phase) continue;
    const [left, right] = [at(begin - 1), at(number - 1)];
    brush.fillStyle = backgroundOf(steps[begin].phase);
    brush.globalAlpha = 0.1;
    brush.fillRect(left, 0, right - left, height);
    brush.globalAlpha = 1;
    brush.fillRect(left, height - 3, Math.max(1, right - left - 1), 3);
    begin = number;
  }
}

function drawMemory(brush, at, height, peak) {
  const top = (step) => height - 4 - (step.alive / peak) * (height - 20);
  brush.beginPath();
  brush.moveTo(at(-1), height - 4);
  steps.forEach((step, number) => {
    brush.lineTo(at(number - 1), top(step));
    brush.lineTo(at(number), top(step));
  });
  brush.lineTo(at(steps.length - 1), height - 4);
  brush.closePath();
  brush.fillStyle = paints.faint;
  brush.globalAlpha = 0.4;
  brush.fill();
  brush.globalAlpha = 1;
}

function drawTroubles(brush, at, height) {
  brush.fillStyle = paints.bad;
  steps.forEach((step, number) => {
    if (step.trouble) brush.fillRect((at(number - 1) + at(number)) / 2 - 1, height - 9, 2, 6);
  });
}

function drawFigures(width, peak) {
  const here = steps[state.step];
  const most = bytesText(peak);
  const words = here ? `${bytesText(here.alive)} kept, at most ${most}` : `at most ${most} kept for backward`;
  brush.font = `11px ${sans}`;
  brush.textBaseline = "top";
  const length = brush.measureText(words).width;
  const left = 8;
  brush.fillStyle = paints.paper;
  brush.globalAlpha = 0.75;
  brush.fillRect(left - 3, 2, Math.min(length + 6, width - 8), 15);
  brush.globalAlpha = 1;
  brush.fillStyle = paints.faint;
  brush.fillText(words, left, 4);
}

function redrawTimeline() {
  ground = null;
  drawTimeline();
}

on("step", drawTimeline);
on("recolored", redrawTimeline);
on("resized", redrawTimeline);
