import type { CacheMode } from 'guestmem'
import { fieldsAt, oneOf, show, u64At } from './fields.ts'
import { ARM64_LINUX_MAIR, cacheModeOfArm64Page, cacheModeOfX86Page, X86_LINUX_PAT } from './page-protection.ts'

/** What `cacheModesFromSmaps` may be told. */
export interface SmapsOptions {
  /** The CPU whose page protections they are. */
  readonly host: 'aarch64' | 'x86-64'
  /** Its MAIR_EL1; Linux's unless said. */
  readonly mair?: bigint | undefined
  /** Its IA32_PAT; Linux's unless said. */
  readonly pat?: bigint | undefined
}

/** One mapping of a process, as a dump shows it. */
export interface SmapsMapping {
  /** Virtual addresses: the first, and the one behind the last. */
  readonly start: bigint
  readonly end: bigint
  /** In the mapped file, bytes: of a VFIO PCI device, the region's index is in bits 40 and up. */
  readonly offset: bigint
  /** The file, or the empty string. */
  readonly path: string
  /** Of the line VmFlags: `pf` is a mapping without struct pages, `io` one of a device. */
  readonly flags: readonly string[]
  /** Of the line vm_page_prot; undefined where the dump has none, as one of an unchanged kernel. */
  readonly pageProtection: bigint | undefined
  /** Undefined where the protection is not known, or gives none of the four modes. */
  readonly cacheMode: CacheMode | undefined
}

type WritableMapping = { -readonly [Key in keyof SmapsMapping]: SmapsMapping[Key] }

// Each part of these ends at a character that it does not hold: there is no way back to try, however long a line is.
const HEADER =
  /^([0-9a-f]{1,16})-([0-9a-f]{1,16}) [r-][w-][x-][sp] ([0-9a-f]{1,16}) [0-9a-f]{1,16}:[0-9a-f]{1,16} [0-9]{1,20}(?= |$)/
const FIELD_NAME = /^[A-Za-z_]+:/
const PROTECTION = /^(?:0x)?([0-9a-f]{1,16})$/

/**
 * The mappings of a dump in the form of /proc/<pid>/smaps, and how each is mapped. smaps itself does not say (H9): a
 * line `vm_page_prot: 0x...`, the kernel's field of that name in hexadecimal, must have been put behind the others of
 * its mapping, by a patched kernel or from a debugger.
 *
 * Its time and its memory grow with the length of the text, whatever is in it.
 *
 * @throws TypeError naming the line that is none of such a dump.
 */
export function cacheModesFromSmaps(text: string, options: SmapsOptions): SmapsMapping[] {
  if (typeof text !== 'string') throw new TypeError(`text must be a string, got ${show(text)}`)
  const given = fieldsAt(options, 'options', ['host', 'mair', 'pat'])
  const host = oneOf(given.host, ['aarch64', 'x86-64'] as const, 'options.host')
  const mair = u64At(given.mair ?? ARM64_LINUX_MAIR, 'options.mair')
  const pat = u64At(given.pat ?? X86_LINUX_PAT, 'options.pat')
  const modeOf = (bits: bigint) =>
    host === 'aarch64' ? cacheModeOfArm64Page(bits, mair) : cacheModeOfX86Page(bits, pat)

  const mappings: WritableMapping[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '') continue
    const where = `line ${index + 1} of text`
    const begun = readHeader(line, where)
    if (begun !== undefined) {
      mappings.push(begun)
      continue
    }
    const mapping = mappings.at(-1)
    const name = FIELD_NAME.exec(line)?.[0]
    if (mapping === undefined || name === undefined) throw wrong(where, 'be a mapping or a field of one', line)
    const value = line.slice(name.length).trim()
    if (name === 'VmFlags:') mapping.flags = value.split(/\s+/)
    if (name !== 'vm_page_prot:') continue
    const bits = PROTECTION.exec(value)?.[1]
    if (bits === undefined) throw wrong(where, 'give vm_page_prot in hexadecimal', line)
    mapping.pageProtection = hex(bits)
    mapping.cacheMode = modeOf(mapping.pageProtection)
  }
  return mappings
}

/** A mapping as its first line gives it; undefined where the line is another. */
function readHeader(line: string, where: string): WritableMapping | undefined {
  const found = HEADER.exec(line)
  if (found === null) return undefined
  const [all, first, behind, from] = found as unknown as [string, string, string, string]
  const [start, end, offset] = [hex(first), hex(behind), hex(from)]
  if (end <= start) throw wrong(where, 'end behind its start', line)
  const path = line.slice(all.length).trimStart()
  return { start, end, offset, path, flags: [], pageProtection: undefined, cacheMode: undefined }
}

function wrong(where: string, must: string, line: string): TypeError {
  return new TypeError(`${where} must ${must}, got ${show(line)}`)
}

function hex(digits: string): bigint {
  return BigInt(`0x${digits}`)
}
