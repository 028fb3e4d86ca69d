-- The expected shares of a path of trials leave nothing out: check V11 divides by them.
select trial_path, sum(expected_share) as share_sum
from {{ ref('validation_product_shares') }}
group by 1
having abs(sum(expected_share) - 1) > 1e-6
