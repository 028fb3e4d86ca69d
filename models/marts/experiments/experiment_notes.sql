{# A note that names no experiment is about the world outside: it goes to every experiment whose
   days, those of its baseline included, it touches. #}
with

notes as (
    select * from {{ ref('analysis_notes') }}
),

experiments as (
    select * from {{ ref('experiments') }}
),

final as (
    select
        -- keys
        experiments.experiment_name,
        notes.note_id,
        -- attributes
        notes.kind,
        notes.sentence_key,
        notes.note,
        notes.author,
        -- flags
        notes.experiment_name is not null as is_own,
        -- days
        notes.start_date,
        notes.end_date
    from notes
    inner join experiments
        on
            notes.experiment_name = experiments.experiment_name
            or (
                notes.experiment_name is null
                and coalesce(notes.start_date < experiments.end_date, true)
                and coalesce(
                    notes.end_date > experiments.start_date - experiments.pre_window_days, true
                )
            )
)

select * from final
