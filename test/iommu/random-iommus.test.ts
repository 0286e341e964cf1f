import { test } from 'vitest'
import { pursue } from '../support/campaign.ts'
import { IOMMUS } from './support/iommu-campaigns.ts'

test.each(IOMMUS.map(campaign => [campaign.name, campaign] as const))('%s', (_, campaign) => pursue(campaign))
