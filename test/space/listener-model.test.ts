import { test } from 'vitest'
import { pursue } from './campaign.ts'
import { LISTENERS } from './listener-campaigns.ts'

test.each(LISTENERS.map(campaign => [campaign.name, campaign] as const))('%s', (_, campaign) => pursue(campaign))
