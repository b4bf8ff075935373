mock_provider "google" {}

variables {
  project_id = "a-project"
  region     = "us-central1"
  name       = "chat"
  service_account = {
    email  = "tagent-chat@a-project.iam.gserviceaccount.com"
    name   = "projects/a-project/serviceAccounts/tagent-chat@a-project.iam.gserviceaccount.com"
    member = "serviceAccount:tagent-chat@a-project.iam.gserviceaccount.com"
  }
  app             = { image = "chat:1", environment = { PORT = "8081" }, secret_environment = { OPENAI_API_KEY = "openai-key" } }
  sidecar         = { image = "sidecar:1" }
  platform_url    = "https://tagent-platform-1.us-central1.run.app"
  token_secret_id = "tagent-sidecar-chat"
  healer          = { member = "serviceAccount:tagent-platform@a-project.iam.gserviceaccount.com" }
}

run "the_sidecar_is_the_way_in" {
  command = plan

  assert {
    condition     = [for each in google_cloud_run_v2_service.this.template[0].containers : each.name if length(each.ports) > 0] == ["sidecar"]
    error_message = "one container has ports, and that is the sidecar"
  }
  assert {
    condition     = google_cloud_run_v2_service.this.template[0].containers[0].depends_on[0] == "app" && length(google_cloud_run_v2_service.this.template[0].containers[1].startup_probe) == 1
    error_message = "the sidecar waits for the app, which Cloud Run must be able to probe"
  }
  assert {
    condition     = alltrue([for each in google_cloud_run_v2_service.this.template[0].containers : each.resources[0].cpu_idle == false])
    error_message = "both work between requests"
  }
  assert {
    condition     = length(google_cloud_run_v2_service.this.template[0].containers[0].liveness_probe) == 0
    error_message = "a fault that Tagent injects must not make Cloud Run restart the sidecar"
  }
}

run "the_sidecar_knows_whom_it_serves" {
  command = plan

  assert {
    condition = { for each in google_cloud_run_v2_service.this.template[0].containers[0].env : each.name => each.value if length(each.value_source) == 0 } == {
      TAGENT_SERVICE      = "chat"
      TAGENT_TARGET       = "127.0.0.1:8081"
      TAGENT_PLATFORM_URL = "https://tagent-platform-1.us-central1.run.app"
      TAGENT_CHECK_PATH   = "/healthz"
    }
    error_message = "service, app, platform and health path"
  }
  assert {
    condition     = { for each in google_cloud_run_v2_service.this.template[0].containers[0].env : each.name => each.value_source[0].secret_key_ref[0].secret if length(each.value_source) > 0 } == { TAGENT_TOKEN = "tagent-sidecar-chat" }
    error_message = "its token comes by reference"
  }
}

run "the_platform_may_heal_this_service" {
  command = plan

  assert {
    condition     = google_cloud_run_v2_service_iam_member.healer[0].role == "roles/run.developer" && google_service_account_iam_member.healer[0].role == "roles/iam.serviceAccountUser"
    error_message = "updating the service, and using its account, are what a restart needs"
  }
  assert {
    condition     = [for grant in google_secret_manager_secret_iam_member.app : grant.secret_id] == ["openai-key"]
    error_message = "the app reads the secrets it names"
  }
}

run "without_a_healer_nobody_may_change_it" {
  command = plan

  variables {
    healer = null
  }

  assert {
    condition     = length(google_cloud_run_v2_service_iam_member.healer) + length(google_service_account_iam_member.healer) == 0
    error_message = "no healer, no grant"
  }
}

run "the_app_does_not_take_the_sidecars_port" {
  command = plan

  variables {
    app = { image = "chat:1", port = 8080 }
  }

  expect_failures = [var.app]
}

run "a_key_is_no_plain_variable" {
  command = plan

  variables {
    app = { image = "chat:1", environment = { OPENAI_API_KEY = "not-even-here" } }
  }

  expect_failures = [var.app]
}

run "the_token_is_no_plain_variable" {
  command = plan

  variables {
    sidecar = { image = "sidecar:1", environment = { TAGENT_TOKEN = "not-even-here" } }
  }

  expect_failures = [var.sidecar]
}

run "a_token_travels_encrypted" {
  command = plan

  variables {
    platform_url = "http://platform"
  }

  expect_failures = [var.platform_url]
}
