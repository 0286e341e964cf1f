import { test } from 'vitest'
import { pursue } from './campaign.ts'
import { TREES } from './tree-campaigns.ts'

test.each(TREES.map(campaign => [campaign.name, campaign] as const))('%s', (_, campaign) => pursue(campaign))
