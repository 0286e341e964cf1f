/** What XML 1.0 has as characters (production 2). */
const CHARACTERS = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u
const MARKUP = /<(\/?)([a-z]+)((?: [a-zA-Z][a-zA-Z0-9-]*="[^"<&]*")*)(\/?)>|[^<&]+|&#[0-9]+;/y

/** Whether a text is one element that is closed, with what XML lets be in it: as much of XML as the pictures use. */
export function isWellFormedXml(text: string): boolean {
  if (!CHARACTERS.test(text) || text.includes(']]>')) return false
  const open: string[] = []
  let roots = 0
  MARKUP.lastIndex = 0
  while (MARKUP.lastIndex < text.length) {
    const found = MARKUP.exec(text)
    if (found === null) return false
    const [all, end, name, , empty] = found
    if (name === undefined) {
      if (open.length === 0 && all.trim() !== '') return false
    } else if (end === '/') {
      if (open.pop() !== name) return false
    } else {
      if (open.length === 0) roots++
      if (empty !== '/') open.push(name)
    }
  }
  return open.length === 0 && roots === 1
}
