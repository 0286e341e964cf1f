import { test } from 'vitest'
import { pursue } from '../support/campaign.ts'
import { DIRTY } from './support/dirty-campaigns.ts'

test.each(DIRTY.map(campaign => [campaign.name, campaign] as const))('%s', (_, campaign) => pursue(campaign))
