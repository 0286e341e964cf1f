import { test } from 'vitest'
import { pursue } from '../space/campaign.ts'
import { DIRTY } from './dirty-campaigns.ts'

test.each(DIRTY.map(campaign => [campaign.name, campaign] as const))('%s', (_, campaign) => pursue(campaign))
