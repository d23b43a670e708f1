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

/** What was done up to a step: which boxes ops have come to, and which hold gradients that wait, with how many came and
    will come. From one step to the next it goes on, and begins again only for one that lies before. */
class Progress {
  constructor() {
    this.begin();
  }

  begin() {
    this.step = -1;
    this.made = new Uint8Array(boxes.length);
    this.waiting = new Map();
  }

  goTo(step) {
    if (step < this.step) this.begin();
    while (this.step < step) this.take(steps[++this.step]);
  }

  take(told) {
    if (told.phase !== steps[this.step - 1]?.phase) {
      if (told.is_backward || phases[told.phase] === "forward") this.waiting.clear();
    }
    this.made[told.box] = 1;
    if (!told.is_backward) return;
    this.waiting.delete(told.box);
    for (const sent of sentOf(told)) if (sent.box !== -1) this.waiting.set(sent.box, sent);
  }

  /** Whether a box is still to be come to: only what some step will make can wait for it. */
  isToCome(number) {
    return stepsOf[number].length > 0 && !this.made[number];
  }
}
