import { show } from '../../check.ts'
import type { MemoryRegion } from '../memory-region.ts'
import { checkRegion } from '../tree/region-tree.ts'
import { OpsCompleter } from './ops-completer.ts'

/** What calls the handlers of an io region or a ROM device. @throws TypeError where the region has none. */
export function handlersOf(region: MemoryRegion): OpsCompleter {
  checkRegion(region, 'region')
  const { access } = region
  if (access instanceof OpsCompleter) return access
  throw new TypeError(`region must have handlers: ${show(region.name)} is ${region.kind}`)
}
