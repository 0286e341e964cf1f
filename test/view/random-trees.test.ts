import { test } from 'vitest'
import { pursue } from '../support/campaign.ts'
import { TREES } from './support/tree-campaigns.ts'

test.each(TREES.map(campaign => [campaign.name, campaign] as const))('%s', (_, campaign) => pursue(campaign))
