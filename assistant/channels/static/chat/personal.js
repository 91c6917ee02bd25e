// Personal data noticed before a question is sent; the same rules as answering/personal.py, where
// the server masks what gets there all the same.

const GAP = "[ \\t\\u3000\\-‐‑–—―－_.·•]{0,2}";

/** GB 11643-1999 by the date of birth in it, or X as the last; the check digit may be mistyped. */
function isIdentityCard(number) {
  const [year, month, day] = [number.slice(6, 10), number.slice(10, 12), number.slice(12, 14)].map(Number);
  const born = new Date(Date.UTC(year, month - 1, day));
  const dated = year > 0 && born.getUTCMonth() === month - 1 && born.getUTCDate() === day;
  return dated ? year >= 1850 : number.endsWith("X");
}

/** Luhn, ISO/IEC 7812-1. */
function isBankCard(number) {
  const digits = [...number].reverse().map(Number);
  const total = digits.reduce((sum, digit, at) => {
    const value = at % 2 ? digit * 2 : digit;
    return sum + (value > 9 ? value - 9 : value);
  }, 0);
  return new Set(digits).size > 1 && total % 10 === 0;
}

const digits = (first, count) => `(?<!\\d)${first}(?:${GAP}\\d)${count}`;
const KINDS = [
  ["identity_card", `${digits("[1-9]", "{16}")}${GAP}[\\dX](?![\\dA-Z])`, isIdentityCard],
  ["bank_card", `${digits("[3-69]", "{15,18}")}(?!\\d)`, isBankCard],
  // Written as a card's number is, whatever its check digit: it may be mistyped.
  ["bank_card", "(?<!\\d)(?:[1-9]\\d{15,18}|[3-69]\\d{3}(?:[ -]\\d{4}){3}(?:[ -]?\\d{1,3})?)(?!\\d)", () => true],
  ["mobile", `(?<!\\d)(?:(?:\\+|00)?86${GAP})?1${GAP}[3-9](?:${GAP}\\d){9}(?!\\d)`, () => true],
];

// One character for one: full-width digits and letters as narrow ones.
const folded = (text) =>
  text.replace(/[\uff01-\uff5e]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0)).toUpperCase();

/** Where personal data stands: `[{kind, start, end}]`, in order, none overlapping another. */
export function find(text) {
  const plain = folded(text);
  // A letter whose capital is two would shift all that follows.
  if (plain.length !== text.length) return [];
  const found = [];
  for (const [kind, pattern, valid] of KINDS) {
    for (const match of plain.matchAll(new RegExp(pattern, "g"))) {
      const [start, end] = [match.index, match.index + match[0].length];
      const free = found.every((other) => end <= other.start || other.end <= start);
      if (free && valid(match[0].replace(/[^\dA-Z]/g, ""))) found.push({ kind, start, end });
    }
  }
  return found.sort((one, other) => one.start - other.start);
}

/** The text without what was found. */
export function without(text, found) {
  return found.reduceRight((rest, { start, end }) => rest.slice(0, start) + rest.slice(end), text);
}
