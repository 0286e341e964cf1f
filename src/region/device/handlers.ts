import { show } from '../../check.ts'
import type { MemoryRegion } from '../memory-region.ts'
import { checkRegion } from '../tree/region-tree.ts'
import { OpsAccess } from './ops-completer.ts'

/** What stands before the handlers of an io region or a ROM device. @throws TypeError where the region has none. */
export function handlersOf(region: MemoryRegion): OpsAccess {
  checkRegion(region, 'region')
  const { access } = region
  if (access instanceof OpsAccess) return access
  throw new TypeError(`region must have handlers: ${show(region.name)} is ${region.kind}`)
}
