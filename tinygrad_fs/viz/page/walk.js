// The walk: from step to step, by hand or by itself.

let playing = 0;

/** Go to a step, with its box in sight. */
function goTo(step, isUrgent = false) {
  state.step = Math.max(-1, Math.min(steps.length - 1, step));
  state.selected = -1;
  tell("step");
  const told = steps[state.step];
  if (told) bringIntoSight(places.boxes[told.box], isUrgent);
}

/** Go to a step by hand: what plays by itself is stopped. */
function jumpTo(step, isUrgent = false) {
  stop();
  goTo(step, isUrgent);
}

const goBy = (count) => jumpTo(state.step + count);
const toBegin = () => jumpTo(-1);
const toLast = () => jumpTo(steps.length - 1);

/** To the first step of the next pass, in the last one to its last step; the other way, to that of the one before. */
function goByPhase(way) {
  const beginOf = (phase) => steps.findIndex((step) => step.phase === phase);
  const here = steps[state.step]?.phase ?? -1;
  const begin = beginOf(here);
  if (way < 0) jumpTo(begin < state.step ? begin : beginOf(here - 1));
  else jumpTo(here + 1 < phases.length ? beginOf(here + 1) : steps.length - 1);
}

/** Go to the first nan or infinity, with its box open to sight. */
function goToTrouble() {
  if (data.first_trouble === -1) return;
  reveal(steps[data.first_trouble].box);
  jumpTo(data.first_trouble, true);
}

function play() {
  if (playing) {
    stop();
    return;
  }
  if (!steps.length) return;
  if (state.step === steps.length - 1) goTo(-1);
  const tick = () => {
    goTo(state.step + 1);
    if (state.step >= steps.length - 1) stop();
    else playing = setTimeout(tick, 1000 / Number(byId("pace").value));
  };
  playing = setTimeout(tick, 0);
  byId("play").classList.add("playing");
  byId("play").setAttribute("aria-label", "Pause");
}

function stop() {
  clearTimeout(playing);
  playing = 0;
  byId("play").classList.remove("playing");
  byId("play").setAttribute("aria-label", "Play");
}

/** Say where the walk is, to the eye and to those who listen. */
function sayPlace() {
  const step = steps[state.step];
  byId("phase").textContent = step ? phases[step.phase] : steps.length ? "overview" : "no steps";
  byId("place").textContent = steps.length ? `step ${whole(state.step + 1)} of ${whole(steps.length)}` : "";
  byId("slider").value = String(state.step);
  byId("slider").setAttribute("aria-valuetext", spoken(step));
  byId("spoken").textContent = playing ? "" : spoken(step);
  byId("first").disabled = byId("previous").disabled = state.step < 0;
  byId("next").disabled = byId("last").disabled = state.step >= steps.length - 1;
}

function spoken(step) {
  if (!step) return "Before the first step";
  const bad = step.trouble ? ", with nan or inf" : "";
  return `Step ${state.step + 1}, ${phases[step.phase]}: ${titleOf(step)}${bad}`;
}

function startWalk() {
  const slider = byId("slider");
  slider.max = String(steps.length - 1);
  slider.addEventListener("input", () => jumpTo(Number(slider.value)));
  byId("first").addEventListener("click", toBegin);
  byId("previous").addEventListener("click", () => goBy(-1));
  byId("next").addEventListener("click", () => goBy(1));
  byId("last").addEventListener("click", toLast);
  byId("play").addEventListener("click", play);
  byId("play").disabled = !steps.length;
  const alarm = byId("trouble");
  alarm.hidden = data.first_trouble === -1;
  alarm.addEventListener("click", goToTrouble);
  on("step", sayPlace);
}
