import type { CacheMode } from 'guestmem'
import { objectAt, oneOf, u64At } from './fields.ts'
import { ARM64_LINUX_MAIR, cacheModeOfArm64Page, cacheModeOfX86Page, X86_LINUX_PAT } from './page-protection.ts'

export interface SmapsOptions {
  /** The CPU whose page protections they are. */
  readonly host: 'aarch64' | 'x86-64'
  /** Its MAIR_EL1; Linux's unless said. */
  readonly mair?: bigint
  /** Its IA32_PAT; Linux's unless said. */
  readonly pat?: bigint
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

const HEADER =
  /^([0-9a-f]{1,16})-([0-9a-f]{1,16}) [r-][w-][x-][sp] ([0-9a-f]{1,16}) [0-9a-f]+:[0-9a-f]+ \d+(?: +(.*))?$/
const PROTECTION = /^vm_page_prot:\s*(?:0x)?([0-9a-f]{1,16})$/
const FIELD = /^[A-Za-z_]+:(.*)$/

/**
 * The mappings of a dump in the form of /proc/<pid>/smaps, and how each is mapped. smaps itself does not say (H9): a
 * line `vm_page_prot: 0x...`, the kernel's field of that name in hexadecimal, must have been put behind the others of
 * its mapping, by a patched kernel or from a debugger.
 *
 * @throws TypeError naming the line that is none of such a dump.
 */
export function cacheModesFromSmaps(text: string, options: SmapsOptions): SmapsMapping[] {
  if (typeof text !== 'string') throw new TypeError(`text must be a string, got ${typeof text}`)
  const given = objectAt(options, 'options', ['host', 'mair', 'pat'])
  const host = oneOf(given.host, ['aarch64', 'x86-64'] as const, 'options.host')
  const mair = u64At(given.mair ?? ARM64_LINUX_MAIR, 'options.mair')
  const pat = u64At(given.pat ?? X86_LINUX_PAT, 'options.pat')
  const modeOf = (bits: bigint) =>
    host === 'aarch64' ? cacheModeOfArm64Page(bits, mair) : cacheModeOfX86Page(bits, pat)

  const mappings: { -readonly [Key in keyof SmapsMapping]: SmapsMapping[Key] }[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '') continue
    const where = `line ${index + 1} of text`
    const header = HEADER.exec(line)
    if (header !== null) {
      const [start, end, offset] = [hex(header[1]), hex(header[2]), hex(header[3])]
      if (end <= start) throw new TypeError(`${where} must end behind its start, got ${JSON.stringify(line)}`)
      const path = header[4] ?? ''
      mappings.push({ start, end, offset, path, flags: [], pageProtection: undefined, cacheMode: undefined })
      continue
    }
    const mapping = mappings[mappings.length - 1]
    const field = FIELD.exec(line)
    if (mapping === undefined || field === null)
      throw new TypeError(`${where} must be a mapping or a field of one, got ${JSON.stringify(line)}`)
    if (line.startsWith('VmFlags:')) mapping.flags = (field[1] as string).trim().split(/\s+/)
    if (!line.startsWith('vm_page_prot:')) continue
    const bits = PROTECTION.exec(line)
    if (bits === null)
      throw new TypeError(`${where} must give vm_page_prot in hexadecimal, got ${JSON.stringify(line)}`)
    mapping.pageProtection = hex(bits[1])
    mapping.cacheMode = modeOf(mapping.pageProtection)
  }
  return mappings
}

function hex(digits: string | undefined): bigint {
  return BigInt(`0x${digits}`)
}
