mock_provider "google" {}

variables {
  project_id = "a-project"
  images     = { platform = "platform@sha256:0000000000000000000000000000000000000000000000000000000000000000", dashboard = "dashboard@sha256:0000000000000000000000000000000000000000000000000000000000000000", sidecar = "sidecar@sha256:0000000000000000000000000000000000000000000000000000000000000000" }
  services = {
    chat    = { app = { image = "chat@sha256:0000000000000000000000000000000000000000000000000000000000000000", secret_environment = { OPENAI_API_KEY = "openai-key" } } }
    summary = { app = { image = "summary@sha256:0000000000000000000000000000000000000000000000000000000000000000", port = 8090 }, instances = { min = 0, max = 2 }, invokers = { everybody = "allUsers" } }
  }
  people    = { sre = "group:sre@example.com" }
  dashboard = { invokers = { everybody = "allUsers" } }
  alerting  = { emails = ["sre@example.com"] }
}

# tests/integration/deploy reads this plan and holds every rule of a Cloud Run service against it.
run "everything" {
  command = plan

  assert {
    condition     = length(output.secret_ids) == 5
    error_message = "three roles and two sidecars have a token each"
  }
}
