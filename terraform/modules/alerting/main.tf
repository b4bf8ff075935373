# Who heals the healer: Tagent tells of services by its webhook, this module tells of Tagent.

data "google_project" "this" {
  project_id = var.project_id
}

locals {
  channels     = concat(sort(var.notification_channel_ids), [for channel in google_monitoring_notification_channel.email : channel.name])
  platform_log = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${var.platform_name}\""
}

resource "google_monitoring_notification_channel" "email" {
  for_each = var.emails

  project      = var.project_id
  display_name = "Tagent: ${each.key}"
  type         = "email"
  labels       = { email_address = each.key }
}

# The platform is private: Google's own monitoring account is let in, and gets no further than what is open without a token.
resource "google_cloud_run_v2_service_iam_member" "uptime" {
  project  = var.project_id
  location = var.region
  name     = var.platform_name
  role     = "roles/run.invoker"
  member   = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-monitoring-notification.iam.gserviceaccount.com"
}

resource "google_monitoring_uptime_check_config" "platform" {
  project      = var.project_id
  display_name = "Tagent platform is ready"
  period       = "60s"
  timeout      = "10s"

  http_check {
    # Not /healthz: Google's front end keeps that path of run.app for itself and answers 404.
    path         = "/readyz"
    port         = 443
    use_ssl      = true
    validate_ssl = true

    accepted_response_status_codes {
      status_class = "STATUS_CLASS_2XX"
    }
    service_agent_authentication {
      type = "OIDC_TOKEN"
    }
  }

  monitored_resource {
    type   = "uptime_url"
    labels = { project_id = var.project_id, host = trimprefix(var.platform_url, "https://") }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.uptime]
}

resource "google_monitoring_alert_policy" "platform_down" {
  project               = var.project_id
  display_name          = "Tagent platform does not answer"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "not ready, seen from more than one place for two minutes"

    condition_threshold {
      filter          = "resource.type=\"uptime_url\" AND metric.type=\"monitoring.googleapis.com/uptime_check/check_passed\" AND metric.labels.check_id=\"${google_monitoring_uptime_check_config.platform.uptime_check_id}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 1
      duration        = "120s"

      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = "ALIGN_NEXT_OLDER"
        cross_series_reducer = "REDUCE_COUNT_FALSE"
        group_by_fields      = ["resource.label.host"]
      }
      trigger {
        count = 1
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Services go on without the platform and their faults have ended by their lease, but nothing is healed. Look at the logs of `${var.platform_name}` in ${var.region} first, then at Firestore's status."
  }
}

resource "google_monitoring_alert_policy" "platform_errors" {
  project               = var.project_id
  display_name          = "Tagent platform answers with errors"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "more than 5 % of answers are 5xx for five minutes"

    condition_threshold {
      filter             = "${local.platform_log} AND metric.type=\"run.googleapis.com/request_count\" AND metric.labels.response_code_class=\"5xx\""
      denominator_filter = "${local.platform_log} AND metric.type=\"run.googleapis.com/request_count\""
      comparison         = "COMPARISON_GT"
      threshold_value    = 0.05
      duration           = "300s"

      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = "ALIGN_RATE"
        cross_series_reducer = "REDUCE_SUM"
        group_by_fields      = ["resource.label.service_name"]
      }
      denominator_aggregations {
        alignment_period     = "60s"
        per_series_aligner   = "ALIGN_RATE"
        cross_series_reducer = "REDUCE_SUM"
        group_by_fields      = ["resource.label.service_name"]
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Sidecars keep what was refused and send it again. 503 means that the store is slow or away."
  }
}

resource "google_monitoring_alert_policy" "store_away" {
  project               = var.project_id
  display_name          = "Tagent cannot reach its store"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "the loop says that the store is away"

    condition_matched_log {
      filter = "${local.platform_log} AND jsonPayload.message=~\"^the store is away\""
    }
  }

  # A log condition must say how often it may speak.
  alert_strategy {
    auto_close = "3600s"

    notification_rate_limit {
      period = "900s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Nothing is decided until the store is back; nobody is declared OFFLINE for it. Look at Firestore's status and at the quota and rights of the platform's account."
  }
}
