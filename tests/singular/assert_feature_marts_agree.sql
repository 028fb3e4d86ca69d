{# The same users and adopters, whichever way they are counted: one by one, along the curve, and in
   the pairs of features that were always there; and a pair is the same from both sides. #}
with

adoption as (
    select
        feature_name,
        count(*) as user_count,
        count(*) filter (where is_adopted) as adopter_count
    from {{ ref('feature_adoption') }}
    group by 1
),

curve_ends as (
    select
        feature_name,
        max(cumulative_user_count) as user_count,
        max(cumulative_adopter_count) as adopter_count
    from {{ ref('feature_adoption_by_day') }}
    group by 1
),

pairs as (
    select * from {{ ref('feature_pairs') }}
),

always_there as (
    select feature_name from {{ ref('features') }}
    where launched_on is null
),

failures as (
    select 'curve' as place, curve_ends.feature_name
    from curve_ends
    left join adoption on curve_ends.feature_name = adoption.feature_name
    where
        curve_ends.user_count != coalesce(adoption.user_count, 0)
        or curve_ends.adopter_count != coalesce(adoption.adopter_count, 0)
    union all
    select 'pair', pairs.feature_name
    from pairs
    inner join pairs as mirrored
        on
            pairs.feature_name = mirrored.other_feature_name
            and pairs.other_feature_name = mirrored.feature_name
    where
        pairs.both_count != mirrored.both_count
        or pairs.user_count != mirrored.other_user_count
        or pairs.lift is distinct from mirrored.lift
    union all
    select 'users of a pair', pairs.feature_name
    from pairs
    left join adoption on pairs.feature_name = adoption.feature_name
    where
        pairs.feature_name in (select always_there.feature_name from always_there)
        and pairs.other_feature_name in (select always_there.feature_name from always_there)
        and pairs.user_count != coalesce(adoption.user_count, 0)
)

select * from failures
