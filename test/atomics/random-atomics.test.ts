import { test } from 'vitest'
import { pursue } from '../support/campaign.ts'
import { ATOMICS } from './support/atomic-campaigns.ts'

// I5 on any map.
test.each(ATOMICS.map(campaign => [campaign.name, campaign] as const))('%s', (_, campaign) => pursue(campaign))
