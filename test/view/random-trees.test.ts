import { test } from 'vitest'
import { pursue } from '../support/campaign.ts'
import { TREES } from './support/tree-campaigns.ts'
import { TreeWorld } from './support/tree-world.ts'

test.each(TREES.map(campaign => [campaign.name, campaign] as const))('%s', (_, campaign) => pursue(campaign))

test('A6, C4 a container with two aliases of itself, 60 turns deep', () => {
  const alias = { kind: 'alias', size: 64, target: 0, offset: 0 } as const
  const world = new TreeWorld([{ kind: 'container', size: 64, target: 0, offset: 0 }, alias, alias])
  world.apply([1, 2].map(at => ({ op: 'add', at, to: 0, address: 1, priority: 0 }) as const))
})
