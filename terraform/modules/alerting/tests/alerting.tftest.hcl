mock_provider "google" {}

variables {
  project_id               = "a-project"
  region                   = "us-central1"
  platform_name            = "tagent-platform"
  platform_url             = "https://tagent-platform-1.us-central1.run.app"
  emails                   = ["sre@example.com"]
  notification_channel_ids = ["projects/a-project/notificationChannels/1"]
}

run "looks_where_google_lets_a_caller_through" {
  assert {
    condition     = google_monitoring_uptime_check_config.platform.http_check[0].path == "/readyz"
    error_message = "run.app keeps /healthz for itself"
  }
  assert {
    condition     = google_monitoring_uptime_check_config.platform.monitored_resource[0].labels.host == "tagent-platform-1.us-central1.run.app"
    error_message = "a host is no URL"
  }
  assert {
    condition     = google_monitoring_uptime_check_config.platform.http_check[0].service_agent_authentication[0].type == "OIDC_TOKEN"
    error_message = "the platform is private"
  }
}

run "tells_every_channel" {
  assert {
    condition = alltrue([
      for policy in [google_monitoring_alert_policy.platform_down, google_monitoring_alert_policy.platform_errors, google_monitoring_alert_policy.store_away] :
      length(policy.notification_channels) == 2
    ])
    error_message = "each policy tells the address and the pager"
  }
}

run "an_address_is_an_address" {
  command = plan

  variables {
    emails = ["sre"]
  }

  expect_failures = [var.emails]
}
