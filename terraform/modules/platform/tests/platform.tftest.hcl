mock_provider "google" {}

variables {
  project_id            = "a-project"
  region                = "us-central1"
  image                 = "us-central1-docker.pkg.dev/a-project/tagent/platform:1"
  service_account_email = "tagent-platform@a-project.iam.gserviceaccount.com"
  token_secret_ids      = { admin = "tagent-admin-token", viewer = "tagent-viewer-token" }
  invokers              = { dashboard = "serviceAccount:tagent-dashboard@a-project.iam.gserviceaccount.com" }
}

run "runs_as_replicas_that_never_sleep" {
  command = plan

  assert {
    condition     = google_cloud_run_v2_service.this.template[0].containers[0].resources[0].cpu_idle == false
    error_message = "the loop needs its CPU between requests"
  }
  assert {
    condition     = google_cloud_run_v2_service.this.template[0].scaling[0].min_instance_count == 2
    error_message = "one replica may die without an outage"
  }
  assert {
    condition     = google_cloud_run_v2_service.this.template[0].timeout == "3600s"
    error_message = "streams stay open as long as Cloud Run lets them"
  }
}

run "state_is_in_firestore_and_restarts_go_to_cloud_run" {
  command = plan

  assert {
    condition = { for each in google_cloud_run_v2_service.this.template[0].containers[0].env : each.name => each.value if length(each.value_source) == 0 } == {
      TAGENT_HOST               = "0.0.0.0"
      TAGENT_PORT               = "8000"
      TAGENT_HOME               = "/tmp/tagent"
      TAGENT_STORE              = "firestore"
      TAGENT_FIRESTORE_PROJECT  = "a-project"
      TAGENT_FIRESTORE_DATABASE = "(default)"
      TAGENT_RUNTIME            = "cloud_run"
      TAGENT_CLOUD_RUN_PROJECT  = "a-project"
      TAGENT_CLOUD_RUN_REGION   = "us-central1"
    }
    error_message = "the platform is told where its state is and what it may restart"
  }
  assert {
    condition = { for each in google_cloud_run_v2_service.this.template[0].containers[0].env : each.name => each.value_source[0].secret_key_ref[0].secret if length(each.value_source) > 0 } == {
      TAGENT_ADMIN_TOKEN  = "tagent-admin-token"
      TAGENT_VIEWER_TOKEN = "tagent-viewer-token"
    }
    error_message = "tokens come by reference alone"
  }
}

run "a_setting_of_ours_is_not_overwritten_by_chance" {
  command = plan

  variables {
    environment = { TAGENT_STORE = "memory", TAGENT_LOG_LEVEL = "debug" }
  }

  assert {
    condition     = { for each in google_cloud_run_v2_service.this.template[0].containers[0].env : each.name => each.value }["TAGENT_STORE"] == "firestore"
    error_message = "replicas need one store"
  }
  assert {
    condition     = { for each in google_cloud_run_v2_service.this.template[0].containers[0].env : each.name => each.value }["TAGENT_LOG_LEVEL"] == "debug"
    error_message = "other settings pass through"
  }
}

run "is_never_public" {
  command = plan

  variables {
    invokers = { everybody = "allUsers" }
  }

  expect_failures = [var.invokers]
}

run "a_token_is_no_plain_variable" {
  command = plan

  variables {
    environment = { TAGENT_ADMIN_TOKEN = "not-even-here" }
  }

  expect_failures = [var.environment]
}

run "needs_an_admin" {
  command = plan

  variables {
    token_secret_ids = { viewer = "tagent-viewer-token" }
  }

  expect_failures = [var.token_secret_ids]
}

run "is_not_scaled_to_nothing" {
  command = plan

  variables {
    replicas = { min = 0, max = 2 }
  }

  expect_failures = [var.replicas]
}
