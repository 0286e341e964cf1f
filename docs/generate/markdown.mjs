// The pages of the reference: a page for each room of the face's names, a page for each door, and the list of all.

const ROOMS = {
  space: 'Address spaces',
  region: 'Regions and devices',
  ram: 'Guest RAM and copies',
  request: 'Attributes, results, routes',
  transfer: 'DMA windows',
  dma: 'Cached translations and scatter-gather lists',
  'dirty-log': 'The dirty log',
  listener: 'Memory listeners',
  iommu: 'IOMMUs',
  atomics: 'Atomics and fences',
  tap: 'Taps',
  host: 'What the host lets an access be',
  view: 'Flat views',
}

/** The page that a name is on. */
export const pageOf = ({ door, room }) => (door === 'guestmem' ? `${room}.md` : `${door.replace('guestmem/', '')}.md`)

const anchor = name => name.toLowerCase()
const firstSentence = text => /^[\s\S]*?[.:](?=\s|$)/.exec(text)?.[0].replace(/\s+/g, ' ').replace(/:$/, '.') ?? text

/** @returns Path within the folder of the reference, and text, of each page. */
export function pagesOf(names, examples) {
  const byPage = new Map()
  for (const name of names) {
    const page = pageOf(name)
    byPage.set(page, [...(byPage.get(page) ?? []), name])
  }
  const pages = Array.from(byPage, ([page, list]) => [page, pageText(list, examples)])
  return new Map([['README.md', indexText(byPage)], ...pages])
}

function titleOf([{ door, room }]) {
  if (door !== 'guestmem') return `\`${door}\``
  const title = ROOMS[room]
  if (title === undefined) throw new Error(`the reference has no title for the names of src/${room}`)
  return title
}

function indexText(byPage) {
  const parts = Array.from(byPage, ([page, list]) => [
    `## ${titleOf(list)}`,
    '',
    `\`import { … } from '${list[0].door}'\``,
    '',
    ...list.map(({ name, comment }) => `- [\`${name}\`](${page}#${anchor(name)}): ${firstSentence(comment.text)}`),
    '',
  ])
  return [
    '# Every public name',
    '',
    'Made of the docstrings by `npm run docs`. The guides are in [../guides](../guides/README.md).',
    '',
    ...parts.flat(),
  ].join('\n')
}

function pageText(list, examples) {
  const { door } = list[0]
  return [
    `# ${titleOf(list)}`,
    '',
    `\`import { … } from '${door}'\`; [all names](README.md)`,
    '',
    ...list.map(name => nameText(name, examples.get(name.name))),
  ].join('\n')
}

function nameText({ name, code, comment, members }, example) {
  const parts = [`## ${name}`, '', fenced(code), '', commentText(comment), '']
  for (const member of members.filter(({ isInherited }) => !isInherited)) parts.push(memberText(member))
  const inherited = members.filter(({ isInherited }) => isInherited).map(({ name }) => `\`${name}\``)
  if (inherited.length > 0) parts.push(`Also ${inherited.join(', ')}.`, '')
  if (example !== undefined) {
    const of = example.by === undefined ? '' : ` (of \`${example.by}\`)`
    parts.push(`Example${of}: [${example.title}](../../${example.target})`, '')
  }
  return parts.join('\n')
}

function memberText({ code, comment, isStatic }) {
  const line = code
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\( /g, '(')
    .replace(/,? \)/g, ')')
  const told = [comment.text, ...comment.tags.map(tagText)].filter(Boolean).join('\n\n')
  return `- \`${isStatic && !line.startsWith('static') ? 'static ' : ''}${line}\`${told === '' ? '' : `\n\n${indented(told)}\n`}`
}

const indented = text => text.replace(/^(?=.)/gm, '  ')
const fenced = code => `\`\`\`ts\n${code}\n\`\`\``

function commentText({ text, tags }) {
  return [text, ...tags.map(tagText)].filter(Boolean).join('\n\n')
}

function tagText({ tag, name, text }) {
  if (tag === '@param') return `_${name}_: ${text}`
  return `_${tag.slice(1)}_: ${text}`
}
