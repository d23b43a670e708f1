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
const { looks, rules, phases, sizes } = data;

const detailed = new WeakSet(); // the steps of which all rows are objects: those that were looked at

function detailOf(step) {
  if (!detailed.has(step)) {
    step.given = objects("given", step.given);
    step.sent = objects("sent", step.sent);
    detailed.add(step);
  }
  return step;
}

const givenOf = (step) => detailOf(step).given;
const sentOf = (step) => detailOf(step).sent;

let arrayRows = null; // read when the first array is asked for: they are most of a page, and the drawing needs none

/** What is known of an array, by its number; undefined for -1. */
function arrayOf(number) {
  arrayRows ??= JSON.parse(byId("arrays").textContent);
  const row = arrayRows[number];
  if (!Array.isArray(row)) return row;
  const [array] = objects("arrays", [row]);
  if (array.statistics) [array.statistics] = objects("statistics", [array.statistics]);
  if (array.heat) [array.heat] = objects("heat", [array.heat]);
  arrayRows[number] = array;
  return array;
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
