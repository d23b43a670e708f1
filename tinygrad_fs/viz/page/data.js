// The data: rows become objects, and what leads from one to another is looked up once.

const data = JSON.parse(byId("data").textContent);

/** Rows as objects; the names of their columns stand in the data once. */
function objects(name, rows) {
  const fields = data.fields[name];
  return rows.map((row) => {
    const object = {};
    for (let i = 0; i < fields.length; i++) object[fields[i]] = row[i];
    return object;
  });
}

const boxes = objects("boxes", data.boxes);
const links = objects("links", data.links);
const scopes = objects("scopes", data.scopes);
const lines = objects("lines", data.lines);
const steps = objects("steps", data.steps);
const arrays = objects("arrays", data.arrays);
const { looks, rules, phases, sizes } = data;

for (const step of steps) {
  step.given = objects("given", step.given);
  step.sent = objects("sent", step.sent);
}
for (const array of arrays) {
  if (array.statistics) array.statistics = objects("statistics", [array.statistics])[0];
  if (array.heat) array.heat = objects("heat", [array.heat])[0];
}

const linksInto = boxes.map(() => []); // per box, the numbers of the links that it reads from
const linksFrom = boxes.map(() => []); // and of those that read from it
links.forEach((link, number) => {
  linksInto[link.reader].push(number);
  linksFrom[link.source].push(number);
});

const stepsOf = boxes.map(() => []); // per box, the steps that it takes part in with its op
steps.forEach((step, number) => stepsOf[step.box].push(number));

/** The scopes around a box, from the innermost outwards. */
function scopesAround(scope) {
  const around = [];
  for (; scope !== -1; scope = scopes[scope].parent) around.push(scope);
  return around;
}

/** What a box is called in a sentence. */
function nameOf(box) {
  return boxes[box]?.title || "a value that is not drawn";
}

/** Whether an array holds a nan or an infinity. */
function isBad(array) {
  const figures = arrays[array]?.statistics;
  return Boolean(figures && (figures.nans || figures.infinities));
}
