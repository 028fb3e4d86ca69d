{# int_journey_events keeps one property of an event: journeys that read one of it must read the
   same. #}
select event_name, min(property) as one_property, max(property) as another_property
from {{ ref('journey_steps') }}
where property is not null
group by 1
having min(property) != max(property)
