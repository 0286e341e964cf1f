// Assembles ordered.wat into ordered.wasm.ts: the bytes that ship, and that tests instrument.
// Three tiers, for engines with two memories (WebAssembly's multi-memory); kernel.ts makes those for one memory of them.
// `npm run kernels` writes the file; `npm run kernels -- --check` fails if the one in the tree differs.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import wabtInit from 'wabt'

/** What wabt is to know of. */
export const FEATURES = { threads: true, simd: true, multi_memory: true, bulk_memory: true, mutable_globals: true }
/** Those that are most like one another side by side, for gzip. */
const TIERS = ['language', 'narrow', 'wide']
const IMPORT_SECTION = 2
/** What the index of $tmp is in the text that ships: a byte that the kernels have nowhere else, which is checked. */
const TMP = 0x55

const here = name => fileURLToPath(new URL(name, import.meta.url))

/** Keeps or drops what stands between `;; name{` and `;; }name`, markers included. */
function section(text, name, keep) {
  return text.replace(new RegExp(`\\n *;; ${name}\\{([\\s\\S]*?)\\n *;; \\}${name}`, 'g'), keep ? '$1' : '')
}

/** Writes the `each{ name $dst=.. $src=..; ..` function once per name, for its pair of memories. */
function instances(text) {
  return text.replace(/\n *;; each\{ (.*)\n([\s\S]*?)\n *;; \}each/g, (_, list, body) =>
    list
      .split(';')
      .map(entry => {
        const [name, ...pairs] = entry.trim().split(' ')
        const memories = Object.fromEntries(pairs.map(pair => pair.split('=')))
        return `\n${body.replaceAll('$each', `$${name}`).replaceAll('"each"', `"${name}"`)}`.replace(
          / (\$dst|\$src)\b/g,
          (_, memory) => ` ${memories[memory]}`,
        )
      })
      .join(''),
  )
}

/** Every plain store to guest RAM becomes an atomic one, except between the `plain` marks. */
function atomicStores(text) {
  return text
    .split(/(\n *;; plain\{[\s\S]*?\n *;; \}plain)/)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part.replace(/\b(i32|i64)\.store(8|16|32)? \$ram/g, (_, type, width = '') => `${type}.atomic.store${width}`),
    )
    .join('')
}

/** A string of one character per byte, which is `SHIFT` above it: printable, for most of what kernels are made of. */
const SHIFT = 40

function literal(bytes) {
  const characters = Array.from(bytes, byte => {
    const code = (byte + SHIFT) % 256
    const character = String.fromCharCode(code)
    if (code < 32 || code > 126) return `\\x${code.toString(16).padStart(2, '0')}`
    return character === "'" || character === '\\' ? `\\${character}` : character
  })
  return `'${characters.join('')}'`
}

/** The text of one tier for one or two memories. Guest RAM is memory 0, which an instruction need not name. */
export function tierText(source, tier, memories) {
  let text = section(section(source, 'wide', tier === 'wide'), 'slim', tier !== 'wide')
  text = section(text, 'narrow', tier === 'narrow')
  text = instances(text)
  if (tier === 'language') text = atomicStores(text)
  if (memories === 1) {
    text = text.replace(/\n *\(import "guestmem" "tmp".*/, '')
    text = text.replace(/(\.(?:load|store|copy)\w*)((?: \$(?:ram|tmp))+)/g, '$1')
  }
  return text.replace(/(\.(?:load|store)\w*) \$ram\b/g, '$1')
}

/** Where the section behind the imports begins. */
function behindImports(bytes) {
  for (let at = 8; ; ) {
    const id = bytes[at++]
    let size = 0
    for (let shift = 0; ; shift += 7) {
      size |= (bytes[at] & 127) << shift
      if (bytes[at++] < 128) break
    }
    at += size
    if (id === IMPORT_SECTION) return at
  }
}

function bytesOf(wabt, text) {
  const module = wabt.parseWat('ordered.wat', text, FEATURES)
  module.validate(FEATURES)
  const bytes = module.toBinary({}).buffer
  module.destroy()
  return bytes
}

/** Has TMP for the index of $tmp: so many memories then come before it. */
function markTmp(text) {
  const others = '(import "" "" (memory 1))'.repeat(TMP - 1)
  return text.replace('(import "guestmem" "tmp"', `${others}$&`)
}

export async function assemble() {
  const wabt = await wabtInit()
  const source = readFileSync(here('ordered.wat'), 'utf8')
  const heads = new Set()
  const tiers = TIERS.map(tier => {
    const [one, two] = [1, 2].map(memories => tierText(source, tier, memories))
    const modules = [one, two, markTmp(two)].map(text => bytesOf(wabt, text))
    heads.add([0, 1].map(at => literal(modules[at].subarray(0, behindImports(modules[at])))).join(', '))
    const [, plain, marked] = modules.map(bytes => bytes.subarray(behindImports(bytes)))
    if (plain.includes(TMP) || !plain.every((byte, at) => byte === (marked[at] === TMP ? 1 : marked[at])))
      throw new Error(`${tier}: TMP must be a byte that the kernels have nowhere else`)
    return `  ${tier}: ${literal(marked)},`
  })
  if (heads.size !== 1) throw new Error('the tiers must have the same types and imports')
  return [
    '// Assembled from ordered.wat by `npm run kernels`; text, so that a bundler carries it and nothing is fetched. A',
    '// character per byte, because gzip then sees bytes, and how much the tiers have in common: it makes less of them than',
    '// of hex digits, and half of what it makes of base64.',
    '/** What each character is above its byte, modulo 256. */',
    `export const SHIFT = ${SHIFT}`,
    '/** The byte that stands for the index of `$tmp`, and for nothing else. */',
    `export const TMP = ${TMP}`,
    '',
    '/** What every module begins with, for one memory and for two: up to the imports. */',
    `export const HEADS: readonly string[] = [${[...heads]}]`,
    '',
    '/** The rest of each tier. */',
    'export const KERNELS: Readonly<Record<string, string>> = {',
    ...tiers,
    '}',
    '',
  ].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = await assemble()
  if (process.argv.includes('--check')) {
    if (readFileSync(here('ordered.wasm.ts'), 'utf8') !== text) {
      console.error('src/ram/kernels/ordered.wasm.ts is not what ordered.wat assembles to: run `npm run kernels`')
      process.exit(1)
    }
  } else writeFileSync(here('ordered.wasm.ts'), text)
}
