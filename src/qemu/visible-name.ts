/** Characters of a name that are printed; of a longer one the beginning. */
const MOST_PRINTED = 1024

/**
 * What must not be printed as it is: control characters, which end lines and steer terminals; the separators of lines
 * and paragraphs; marks that turn the direction of the text around them, or that can't be seen; halves of surrogate
 * pairs and code points that are no characters, which XML may not have. And a backslash that would look like the
 * beginning of one of these, as they are printed.
 */
const INVISIBLE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]|\\(?=x[0-9a-f]{2}|u[0-9a-f]{4}|u\{[0-9a-f]{5,6}\})/gu

/**
 * The name of a region or of a space as listings and pictures show it: on one line, and with nothing in it that is not
 * seen. Such characters are printed as `\x0a`, `\u202e` or `\u{e0001}`, so that two names look the same only where they
 * are the same. Of a name of more than 1024 characters, the first ones are printed.
 */
export function visibleName(name: string): string {
  const printed = name.length > MOST_PRINTED ? `${name.slice(0, MOST_PRINTED)}...` : name
  return printed.replace(INVISIBLE, escapeOf)
}

function escapeOf(character: string): string {
  const code = (character.codePointAt(0) as number).toString(16)
  return code.length < 3
    ? `\\x${code.padStart(2, '0')}`
    : code.length < 5
      ? `\\u${code.padStart(4, '0')}`
      : `\\u{${code}}`
}
