import { test } from 'vitest'
import { pursue } from '../support/campaign.ts'
import { LISTENERS } from './support/listener-campaigns.ts'

test.each(LISTENERS.map(campaign => [campaign.name, campaign] as const))('%s', (_, campaign) => pursue(campaign))
