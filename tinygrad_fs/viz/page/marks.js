// Marks: what the present step lights up: its box, what it reads, where it sends, and what was done before it.

/** The boxes and links of the present step, by what they are in it. */
function marksOf(step) {
  const marks = { current: -1, reads: new Set(), sends: new Set(), links: new Set(), isBackward: false };
  const told = steps[step];
  if (!told) return marks;
  marks.current = told.box;
  marks.isBackward = told.is_backward;
  const sides = told.is_backward ? sentOf(told) : givenOf(told);
  for (const each of sides) if (each.box !== -1) (told.is_backward ? marks.sends : marks.reads).add(each.box);
  for (const number of linksInto[told.box]) {
    if (marks.reads.has(links[number].source) || marks.sends.has(links[number].source)) marks.links.add(number);
  }
  return marks;
}

/** After a step: which boxes have their value, and which hold gradients that wait, each with how many came and will come. */
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
