mock_provider "google" {}

variables {
  project_id = "a-project"
  images     = { platform = "platform:1", dashboard = "dashboard:1", sidecar = "sidecar:1" }
  services = {
    chat    = { app = { image = "chat:1", secret_environment = { OPENAI_API_KEY = "openai-key" } } }
    summary = { app = { image = "summary:1", port = 8090 }, instances = { min = 0, max = 2 }, invokers = { everybody = "allUsers" } }
  }
  people    = { sre = "group:sre@example.com" }
  dashboard = { invokers = { everybody = "allUsers" } }

}

# tests/integration/deploy reads this plan and holds every rule of a Cloud Run service against it.
run "everything" {
  command = plan

  assert {
    condition     = length(output.secret_ids) == 5
    error_message = "three roles and two sidecars have a token each"
  }
}
