const SUFFIXES = ["a", "f", "p", "n", "u", "m", "", "k", "M", "G", "T"];

/** Returns a value for people, with an SI prefix: 16000 and "ohm" give "16 kohm". */
function quantity(value, unit, digits = 4) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number") return String(value);
  if (unit.startsWith("of ")) return `${shortest(value, digits)} ${unit}`;
  if (value === 0 || !isFinite(value)) return `${value} ${unit}`.trim();
  let third = Math.min(4, Math.max(-6, Math.floor(Math.log10(Math.abs(value)) / 3)));
  let text = shortest(value / 10 ** (3 * third), digits);
  if (Math.abs(Number(text)) >= 1000 && third < 4) {
    third += 1;
    text = shortest(value / 10 ** (3 * third), digits);
  }
  return `${text} ${SUFFIXES[third + 6]}${unit}`.trim();
}

/** Returns a number with at most so many digits and no trailing zeros. */
function shortest(value, digits) {
  return String(Number(value.toPrecision(digits)));
}

/** Returns a word as a POSIX shell takes it. */
function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Returns a measured value in three digits; what has no unit has no prefix. */
function measured(value, unit) {
  return unit ? quantity(value, unit, 3) : shortest(value, 3);
}
