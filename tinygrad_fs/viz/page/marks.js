// Marks: what the present step lights up: its box, what it reads, where it sends, and what was done before it.

/** The boxes and links of the present step, by what they are in it. */
function marksOf(step) {
  // of each link that lights up, whether something flows against its direction
  const marks = { current: -1, others: new Set(), links: new Map(), isBackward: false };
  const told = steps[step];
  if (!told) return marks;
  marks.current = told.box;
  marks.isBackward = told.is_backward;
  for (const { box } of told.is_backward ? sentOf(told) : givenOf(told)) if (box !== -1) marks.others.add(box);
  for (const number of linksInto[told.box]) {
    if (marks.others.has(links[number].source)) marks.links.set(number, told.is_backward);
  }
  if (told.is_backward) {
    // Where derivatives have boxes of their own, gradients flow along their links.
    for (const number of linksFrom[told.box]) {
      if (links[number].kind === "gradient" && marks.others.has(links[number].reader)) marks.links.set(number, false);
    }
  }
  return marks;
}

/** After a step: which boxes have their value, and which hold gradients that wait, with how many came and will come. */
function progress(step) {
  const made = new Uint8Array(boxes.length);
  const waiting = new Map();
  let phase = -1;
  for (let number = 0; number <= step; number++) {
    const told = steps[number];
    if (told.phase !== phase) {
      phase = told.phase;
      if (told.is_backward || phases[phase] === "forward") waiting.clear();
    }
    if (told.is_backward) {
      made[told.box] = 2;
      waiting.delete(told.box);
      for (const sent of sentOf(told)) if (sent.box !== -1) waiting.set(sent.box, sent);
    } else {
      made[told.box] = 1;
    }
  }
  return { made, waiting };
}

/** The boxes that ops have not come to yet: only what some step will make can wait for it. */
function boxesToCome(made) {
  return boxes.map((_, number) => stepsOf[number].length > 0 && !made[number]);
}
