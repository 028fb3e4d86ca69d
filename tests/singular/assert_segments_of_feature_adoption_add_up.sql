{# Every person has one value of each segment, so the values add up to the whole. #}
with

totals as (
    select
        feature_name,
        segment_name,
        sum(person_count) as person_count,
        sum(immature_count) as immature_count,
        sum(exposed_count) as exposed_count,
        sum(tried_count) as tried_count,
        sum(adopted_count) as adopted_count
    from {{ ref('feature_adoption_by_segment') }}
    group by 1, 2
)

select totals.*
from totals
inner join totals as whole
    on totals.feature_name = whole.feature_name and whole.segment_name = 'all'
where
    totals.person_count != whole.person_count
    or totals.immature_count != whole.immature_count
    or totals.exposed_count is distinct from whole.exposed_count
    or totals.tried_count != whole.tried_count
    or totals.adopted_count != whole.adopted_count
