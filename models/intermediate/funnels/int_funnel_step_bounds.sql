{# The steps of the seed in order, and where each can be reached from and lead to: every step up to
   the next required one. Excluded events are no steps. #}
with

funnels as (
    select funnel_name, step_order from {{ ref('funnels') }}
),

steps as (
    select * from {{ ref('funnel_steps') }}
    where kind != 'excluded'
),

final as (
    select
        -- keys
        steps.funnel_name,
        steps.step_number,
        -- attributes
        case
            when funnels.step_order = 'any'
                then cast(steps.step_number as string) || ' of the steps'
            else steps.step_name
        end as step_name,
        coalesce(max(case when steps.kind = 'required' then steps.step_number end) over (
            partition by steps.funnel_name
            order by steps.step_number rows between unbounded preceding and 1 preceding
        ), 0) as previous_required,
        coalesce(
            min(case when steps.kind = 'required' then steps.step_number end) over (
                partition by steps.funnel_name
                order by steps.step_number rows between 1 following and unbounded following
            ),
            max(steps.step_number) over (partition by steps.funnel_name)
        ) as next_required,
        -- flags
        steps.kind = 'optional' as is_optional
    from steps
    inner join funnels on steps.funnel_name = funnels.funnel_name
)

select * from final
