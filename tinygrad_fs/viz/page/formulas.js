// Formulas: the rule of an op, as its docstring has it.

/** What the formula of a rule calls the result. */
function outputName(box) {
  return /^([a-z]{1,2})(_i|\[[^\]]*\])? = /.exec(rules[box.rule]?.[0] ?? "")?.[1] ?? "";
}

/** The formulas of an op: what it computes, and with `from` 1 its derivatives alone. */
function ruleView(box, from) {
  const rule = rules[box.rule];
  if (!rule) return make("p", { class: "sub" }, "The op has no docstring that would say it.");
  const shown = from && rule.length > 1 ? [rule[0], ...rule.slice(1).flatMap((part) => part.split(",  "))] : [rule[0]];
  return make(
    "div",
    { class: "rule" },
    shown.map((formula) => make("div", {}, pretty(formula))),
  );
}

/** A formula with signs of its own for powers, roots and greater-or-equal, where they are beyond doubt. */
function pretty(formula) {
  const powers = { 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴" };
  return formula
    .replace(/\.$/, "")
    .replace(/\^(\d)(?![\d.])/g, (_, digit) => powers[digit] ?? `^${digit}`)
    .replace(/\^T\b/g, "ᵀ")
    .replaceAll("<=", "≤")
    .replaceAll(">=", "≥")
    .replace(/ - /g, " − ")
    .replace(/= -/g, "= −");
}
