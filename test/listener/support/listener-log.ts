import type { AddressSpace, IoEventfd, MemoryListener, MemoryRegionSection } from 'guestmem'

type Name = keyof MemoryListener

/** All that a listener can be told without asking for what stays the same. */
export const EVENTS: readonly Name[] = [
  'begin',
  'commit',
  'regionAdd',
  'regionDel',
  'logStart',
  'logStop',
  'logSync',
  'logClear',
  'logGlobalStart',
  'logGlobalStop',
  'logGlobalAfterSync',
  'eventfdAdd',
  'eventfdDel',
  'coalescedIoAdd',
  'coalescedIoDel',
]

/** A listener that writes down its calls, such as `a regionAdd 0-16 ram`; of a section in hexadecimal, with its offset where that is not 0. */
export function logger(
  log: string[],
  name: string,
  names: readonly Name[] = EVENTS,
  act: (event: string, ...told: never[]) => void = () => {},
): MemoryListener {
  const note =
    (event: Name) =>
    (told: object, ...more: number[]) => {
      log.push([name, event, shown(told as never), ...more].filter(part => part !== '').join(' '))
      ;(act as (event: string, ...told: unknown[]) => void)(event, told, ...more)
    }
  return Object.fromEntries(names.map(event => [event, note(event)]))
}

function shown(told: MemoryRegionSection | IoEventfd | AddressSpace): string {
  if ('view' in told) return ''
  const hex = (value: number) => value.toString(16)
  if ('notify' in told) {
    const data = told.data === undefined ? '' : ` =${hex(Number(told.data))}`
    return `${hex(told.address)}/${told.size}${data}`
  }
  const flags = `${told.readonly ? ' ro' : ''}${told.nonvolatile ? ' nv' : ''}${told.romd ? ' romd' : ''}`
  const offset = told.offset === 0 ? '' : `+${hex(told.offset)}`
  return `${hex(told.start)}-${hex(told.end)} ${told.region.name}${offset}${flags}`
}

/** What was written down since the last time. */
export function taken(log: string[]): string[] {
  return log.splice(0)
}
